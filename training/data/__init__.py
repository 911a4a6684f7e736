"""Nodules: sets on disk, samples for training."""
