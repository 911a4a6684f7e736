"""Parts of the usefulness test."""
