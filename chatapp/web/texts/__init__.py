"""The words of the pages in every language, and which one of them a reader wants."""
