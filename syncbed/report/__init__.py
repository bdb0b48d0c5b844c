"""What a run leaves behind: its folder, its verdict, its repro, and a page that shows it."""

from .folder import new_run_folder, repro_of, verdict_json, write_run
from .page import render

__all__ = ["new_run_folder", "render", "repro_of", "verdict_json", "write_run"]
