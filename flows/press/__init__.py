"""One document: the marks that bind its words to facts, and the forms in which it is published."""
