"""Parts of the visual Turing test."""
