"""The async shells: sockets in, sockets out. What is right is decided below them."""
