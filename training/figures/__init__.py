"""What is measured, and on what."""
