"""Facts in, the files of an edition out."""
