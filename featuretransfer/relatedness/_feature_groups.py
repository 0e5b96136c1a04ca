"""Groups of openSMILE features, by their names."""

import re

import pandas as pd

#: What belongs to a group, as a pattern of the beginning of feature names; case does not matter.
PATTERNS = {
    "F0": r"F0(?!\S*(__Turn_|_nnz$|SegLen|_ff0_(de_)?duration$))",
    "energy": (
        r"(pcm_)?(loudness(?!PeaksPerSec)|intensity|(RMS|LOG)energy)"
        r"|audspec(Rasta)?_lengthL1norm|equivalentSoundLevel"
    ),
    "spectral": (
        r"(pcm_fftMag_)?mfcc|pcm_fftMag_(fband|spectral|psySharpness)|audSpec_Rfilt|logMelFreqBand"
        r"|lsp(Freq)?_|pcm_zcr|spectral|alphaRatio|hammarbergIndex|slopeU?V?\d"
        r"|F\d+(frequency|bandwidth|amplitude)"
    ),
    "voice quality": r"jitter|shimmer|(log)?HNR|logRelF0-H1|voiceProb|voicing",
    "temporal": (
        r"loudnessPeaksPerSec|VoicedSegmentsPerSec|(Mean|Stddev)(Unv|V)oicedSegmentLength"
        r"|F0\S*(__Turn_|_nnz$|SegLen|_ff0_(de_)?duration$)"
    ),
}
OTHER = "other"
_COMPILED = {group: re.compile(pattern, re.IGNORECASE) for group, pattern in PATTERNS.items()}


def feature_groups(columns):
    """Sort feature names into what they measure.

    - ``"F0"``: pitch and its contour.
    - ``"energy"``: loudness, intensity, sound level.
    - ``"spectral"``: MFCC, mel and auditory bands, line spectral frequencies, formants, spectral
      slope, flux, centroid and the like, zero-crossing rate.
    - ``"voice quality"``: jitter, shimmer, harmonics-to-noise ratio, differences of the first
      harmonics (H1-H2, H1-A3), probability of voicing.
    - ``"temporal"``: rates and lengths of voiced and unvoiced segments, loudness peaks per second.
    - ``"other"``: names that are none of openSMILE.

    Parameters
    ----------
    columns : iterable of str
        Feature names, of any openSMILE set and of functionals or low-level descriptors.

    Returns
    -------
    groups : Series of shape (n_features,)
        Group of each feature, on the names.

    Notes
    -----
    A functional belongs to the contour it is taken of: the position of the maximum of the loudness
    is "energy". Durations of voiced segments, which IS10 to ComParE count as functionals of F0, are
    "temporal".

    Examples
    --------
    >>> from featuretransfer.relatedness import feature_groups
    >>> feature_groups(["F0_sma_max", "pcm_RMSenergy_sma_max", "age"]).to_dict()
    {'F0_sma_max': 'F0', 'pcm_RMSenergy_sma_max': 'energy', 'age': 'other'}
    """
    names = [str(column) for column in columns]
    return pd.Series([_group(name) for name in names], names, dtype=object, name="group")


def _group(name):
    return next((group for group, pattern in _COMPILED.items() if pattern.match(name)), OTHER)
