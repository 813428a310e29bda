"""The laws' hypothesis profile: 1,500 stories for each of seven laws, in every run and in CI.

A story is one integer, so an example costs little; what it found is made small by tests/ot/laws.py.
The profile is used by the law tests alone: other rooms keep their own settings.
"""

from hypothesis import settings

settings.register_profile("laws", max_examples=1_500)
