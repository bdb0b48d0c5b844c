"""The visual lab: one running world that a person stops, breaks and looks at, in a page of its own.

Owns the lab's server, what its page may ask for, and the world behind it. How a run works it leaves to
`run`, how a pane works to `drivers`, how it looks to `static/lab`.
"""
