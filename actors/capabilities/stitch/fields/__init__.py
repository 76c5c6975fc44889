"""The fields of a request, a file for each subject.

pictures.py which, and in which order; layout.py where they lie; look.py what is drawn around them;
finding.py what is looked for in them; output.py the files that are written.

`request` makes one of all, and checks what is about two subjects.
"""
