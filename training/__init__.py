"""Offline training of the bundled networks; nothing here is needed to use them."""
