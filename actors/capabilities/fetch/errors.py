"""What may go wrong with one address, and the end of a job that fetched nothing.

Owns: the codes that clients branch on, and which causes may pass when tried again.
Never: tells what a name resolved to, or anything else that only the inside of our network knows:
a stranger could read it as a map. An unknown name and an internal one give the same sentence.
"""

from actors.errors import Refusal, WorkFailed

# --- the asker can mend it -----------------------------------------------------------------------


class BadUrl(Refusal):
    """The text is not an address of the kind that is fetched here."""

    code = "bad_url"
    title = "This is not an address that can be fetched"


class AddressNotAllowed(Refusal):
    """The address is well-formed, but leads where we do not go."""

    code = "address_not_allowed"
    title = "This address may not be fetched"


class TooManyUrls(Refusal):
    code = "too_many_urls"
    title = "These are more addresses than one job may fetch"


# --- the source -----------------------------------------------------------------------------------


class SourceFailed(WorkFailed):
    """What the source did, or did not do, left us without the picture."""

    code = "source_failed"
    title = "The source did not give the picture"
    status = 502


class SourceTimedOut(SourceFailed):
    """Lasting on purpose: who drips one byte a second once will do it again."""

    code = "source_timed_out"
    title = "The source took too long"
    status = 504


class SourceRefused(SourceFailed):
    """It answered, with a status that is not the picture: 404, 403 and the like."""

    code = "source_refused"
    title = "The source refused"


class SourceBroken(SourceFailed):
    """What it sent is not HTTP, or contradicts itself, or is encoded in a way we do not read."""

    code = "source_broken"
    title = "The source's answer makes no sense"


class SourceUntrusted(SourceFailed):
    code = "source_untrusted"
    title = "The source could not prove who it is"


class RedirectRefused(SourceFailed):
    code = "redirect_refused"
    title = "The source sends us on in a way that is not followed"


class SourceUnreachable(SourceFailed):
    """No connection. One sentence for a closed port and a silent one."""

    code = "source_unreachable"
    title = "The source cannot be reached"
    passing = True


class SourceLost(SourceFailed):
    """The connection broke before the answer was whole."""

    code = "source_lost"
    title = "The source broke off"
    passing = True


class SourceBusy(SourceFailed):
    """429, or trouble on the source's side (5xx)."""

    code = "source_busy"
    title = "The source is busy or in trouble"
    passing = True


# --- the job --------------------------------------------------------------------------------------


class NothingFetched(WorkFailed):
    """Not one address gave a picture; `more["outcomes"]` tells each address's own cause."""

    code = "nothing_fetched"
    title = "None of the addresses gave a picture"


class NothingFetchedYet(NothingFetched):
    """As above, but at least one cause may pass."""

    passing = True
