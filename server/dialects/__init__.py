"""One file a wire protocol: each turns frames into core commands and core events into frames, no more."""
