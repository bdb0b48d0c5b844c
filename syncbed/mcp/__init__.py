"""`syncbed mcp`: scenarios and the gateway as tools, for a program that speaks MCP over stdio.

`command` owns the words of the command line, `server` the table of tools, `scenarios` and `gateway` what they
do. Only `server` and `scenarios` know the SDK, which is an extra.
"""
