"""What somebody may have meant by a name that does not exist."""

from difflib import get_close_matches


def did_you_mean(name, known):
    """A question to end an error message with.

    Parameters
    ----------
    name : object
        What was given.
    known : iterable of str
        The names that exist; case does not matter.

    Returns
    -------
    question : str
        " Did you mean 'coral'?", with a space before it; empty where nothing known is close.
    """
    lowered = {other.lower(): other for other in known}
    close = get_close_matches(str(name).lower(), lowered, n=1)
    return f" Did you mean {lowered[close[0]]!r}?" if close else ""
