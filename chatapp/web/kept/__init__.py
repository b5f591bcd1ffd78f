"""The routes for conversations that the server keeps: whose they are, what is in them, and their replies."""
