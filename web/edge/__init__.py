"""The edge: from a socket to a request, and from an answer to a socket.

`door` lets connections in, `crowd` counts them, `connection` has one socket and its deadlines;
`request`, `chunks` and `rules` are what is accepted (plain functions over bytes); `http` and
`websocket` converse, with Hypercorn under them; `engine` is Hypercorn for one server, `visit` one
line of the log.
"""
