"""An application of somebody's: what a server imports by SYNCBED_HANDLERS."""
