"""Facts in, sentences out."""
