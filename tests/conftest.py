"""Property tests here are judged by their claim, never by the clock of a busy machine.

Usually they try the same examples each time, so that no change is refused for what it did not do;
`--hypothesis-profile=long` tries many more, new ones each time, and prints how to repeat them.
"""

from hypothesis import settings

settings.register_profile("usual", deadline=None, derandomize=True, database=None)
settings.register_profile("long", deadline=None, max_examples=3000, print_blob=True)
settings.load_profile("usual")
