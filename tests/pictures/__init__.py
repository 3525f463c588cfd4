"""The pictures of the README: the first minutes with tocsin, drawn from what the program itself renders."""
