"""The faces of Stitchery: HTTP, websocket, command line. They parse, ask the tree, and render."""
