# Made of src/questions; UPDATE_DOCS=1 npm test -- src/session writes it anew.
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class ModelInfoTokenizerDict(TypedDict):
    kind: str
    tokens: float


class ModelInfoAtlasTablesDict(TypedDict):
    name: str
    rows: float


class ModelInfoAtlasDict(TypedDict):
    tables: list[ModelInfoAtlasTablesDict]
    settings: dict[str, Any]


class ModelInfoBuildingDict(TypedDict):
    # 0 to 1
    done: float
    what: str


class ModelInfoEngineDict(TypedDict):
    name: str
    description: str


class ModelInfoDict(TypedDict):
    id: str
    name: str
    # `failed`: `problem` says why
    state: Literal["ready", "failed"]
    problem: NotRequired[str]
    # The checkpoint is open; without it only the atlas answers
    live: bool
    architecture: str
    type: str
    layers: float
    # Width d of the residual stream
    hidden: float
    heads: float
    kvHeads: float
    headDim: float
    # Neurons per layer (per expert, where there are experts)
    neurons: float
    # Rows of E
    vocab: float
    experts: float
    # There is one that all tokens share: its number is `experts`
    sharedExpert: bool
    gated: bool
    parts: list[Literal["key", "up", "value"]]
    # Whether embed and unembed are one matrix
    tied: bool | None
    tokenizer: ModelInfoTokenizerDict | None
    fingerprint: str
    notes: list[str]
    atlas: ModelInfoAtlasDict | None
    # An atlas on its way
    building: ModelInfoBuildingDict | None
    engine: ModelInfoEngineDict | None


class AppliedPreviewDict(TypedDict):
    """Only in a preview: how many vectors freq was taken from, and of how many."""

    vectors: float
    of: float


class AppliedDict(TypedDict):
    """What was done to get a reading's numbers."""

    foldNorm: bool
    filters: list[str]
    embedding: Literal["unembed", "embed", "own"]
    approximate: bool
    # Only in a preview: how many vectors freq was taken from, and of how many
    preview: NotRequired[AppliedPreviewDict]
    notes: list[str]


class ScoredTokenDict(TypedDict):
    id: float
    # Its own text, a leading space included
    token: str
    # Printable
    label: str
    score: float
    foldRank: NotRequired[float]
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    margin: NotRequired[float]


class ChanceTopRandomDict(TypedDict):
    mean: float
    sd: float
    z: float
    p: float


class ChanceTopShuffledDict(TypedDict):
    mean: float
    sd: float
    z: float
    p: float


class ChanceTopDict(TypedDict):
    value: float
    # Of tokens: whose score it is, as it is written for people
    label: NotRequired[str]
    random: NotRequired[ChanceTopRandomDict]
    shuffled: NotRequired[ChanceTopShuffledDict]
    # Of all units of the model, as many have so small a p by chance alone: the random p times units
    expected: NotRequired[float]


class ChanceBottomRandomDict(TypedDict):
    mean: float
    sd: float
    z: float
    p: float


class ChanceBottomShuffledDict(TypedDict):
    mean: float
    sd: float
    z: float
    p: float


class ChanceBottomDict(TypedDict):
    value: float
    # Of tokens: whose score it is, as it is written for people
    label: NotRequired[str]
    random: NotRequired[ChanceBottomRandomDict]
    shuffled: NotRequired[ChanceBottomShuffledDict]
    # Of all units of the model, as many have so small a p by chance alone: the random p times units
    expected: NotRequired[float]


class ChanceDict(TypedDict):
    """Of each list's first score: what random directions of its length (heads of its singular values) and
    shuffled words give."""

    top: NotRequired[ChanceTopDict]
    bottom: NotRequired[ChanceBottomDict]
    # How many such neurons or heads the model has
    units: NotRequired[float]


class RankedTokensDict(TypedDict):
    top: list[ScoredTokenDict]
    bottom: list[ScoredTokenDict]
    chance: NotRequired[ChanceDict]


class NeuronReadingPartsDict(TypedDict):
    key: NotRequired[RankedTokensDict]
    up: NotRequired[RankedTokensDict]
    value: NotRequired[RankedTokensDict]


class NeuronReadingNormsDict(TypedDict):
    """Lengths of the vectors."""

    key: NotRequired[float]
    up: NotRequired[float]
    value: NotRequired[float]


class NeuronReadingCosinesDict(TypedDict):
    keyValue: NotRequired[float]
    keyUp: NotRequired[float]
    upValue: NotRequired[float]


class HistogramPartsKeyDict(TypedDict):
    # bins + 1 edges; a score belongs to the bin it is not below
    edges: list[float]
    counts: list[float]
    tokens: float
    mean: float
    sd: float
    skew: float
    kurtosis: float
    min: float
    max: float


class HistogramPartsUpDict(TypedDict):
    # bins + 1 edges; a score belongs to the bin it is not below
    edges: list[float]
    counts: list[float]
    tokens: float
    mean: float
    sd: float
    skew: float
    kurtosis: float
    min: float
    max: float


class HistogramPartsValueDict(TypedDict):
    # bins + 1 edges; a score belongs to the bin it is not below
    edges: list[float]
    counts: list[float]
    tokens: float
    mean: float
    sd: float
    skew: float
    kurtosis: float
    min: float
    max: float


class HistogramPartsDict(TypedDict):
    key: NotRequired[HistogramPartsKeyDict]
    up: NotRequired[HistogramPartsUpDict]
    value: NotRequired[HistogramPartsValueDict]


class SimilarNeuronsDict(TypedDict):
    layer: float
    expert: float
    neuron: float
    cosine: float
    # Labels of its first tokens
    top: NotRequired[str]


class HeadReadingAppliedPreviewDict(TypedDict):
    """Only in a preview: how many vectors freq was taken from, and of how many."""

    vectors: float
    of: float


class HeadReadingAppliedDict(TypedDict):
    foldNorm: bool
    filters: list[str]
    embedding: Literal["unembed", "embed", "own"]
    approximate: bool
    # Only in a preview: how many vectors freq was taken from, and of how many
    preview: NotRequired[HeadReadingAppliedPreviewDict]
    notes: list[str]
    above: NotRequired[float]
    below: NotRequired[float]
    excludeSame: NotRequired[bool]
    excludeFuzzy: NotRequired[bool]
    sort: NotRequired[Literal["vo", "qk"]]
    ascending: NotRequired[bool]
    limitPerFirst: NotRequired[float]
    limitPerSecond: NotRequired[float]


class TokenDict(TypedDict):
    id: float
    # Its own text, a leading space included
    token: str
    # Printable
    label: str


class TokenPairDict(TypedDict):
    first: TokenDict
    second: TokenDict
    score: float
    other: NotRequired[float]
    foldRank: NotRequired[float]
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    margin: NotRequired[float]


class MatrixReadingCountersDict(TypedDict):
    first: list[list[str | float]]
    second: list[list[str | float]]


class MatrixReadingDict(TypedDict):
    pairs: list[TokenPairDict]
    # Exact number of pairs between the thresholds, before exclusions and k
    count: float
    counters: MatrixReadingCountersDict
    above: NotRequired[float]
    below: NotRequired[float]
    chance: NotRequired[ChanceDict]


class SpectrumSpansDict(TypedDict):
    start: float
    end: float


class SpectrumFitRandomDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class SpectrumFitShuffledDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class SpectrumFitOthersDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class SpectrumFitDict(TypedDict):
    value: float
    random: NotRequired[SpectrumFitRandomDict]
    shuffled: NotRequired[SpectrumFitShuffledDict]
    others: NotRequired[SpectrumFitOthersDict]


class SpectrumDirectionsLeftTopDict(TypedDict):
    id: float
    # Its own text, a leading space included
    token: str
    # Printable
    label: str
    score: float
    foldRank: NotRequired[float]
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    margin: NotRequired[float]
    z: float | None
    p: float


class SpectrumDirectionsLeftBottomDict(TypedDict):
    id: float
    # Its own text, a leading space included
    token: str
    # Printable
    label: str
    score: float
    foldRank: NotRequired[float]
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    margin: NotRequired[float]
    z: float | None
    p: float


class SpectrumDirectionsLeftDict(TypedDict):
    top: list[SpectrumDirectionsLeftTopDict]
    bottom: list[SpectrumDirectionsLeftBottomDict]


class SpectrumDirectionsRightTopDict(TypedDict):
    id: float
    # Its own text, a leading space included
    token: str
    # Printable
    label: str
    score: float
    foldRank: NotRequired[float]
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    margin: NotRequired[float]
    z: float | None
    p: float


class SpectrumDirectionsRightBottomDict(TypedDict):
    id: float
    # Its own text, a leading space included
    token: str
    # Printable
    label: str
    score: float
    foldRank: NotRequired[float]
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    margin: NotRequired[float]
    z: float | None
    p: float


class SpectrumDirectionsRightDict(TypedDict):
    top: list[SpectrumDirectionsRightTopDict]
    bottom: list[SpectrumDirectionsRightBottomDict]


class SpectrumDirectionsDict(TypedDict):
    start: float
    end: float
    values: list[float]
    left: SpectrumDirectionsLeftDict
    right: SpectrumDirectionsRightDict


class HeadStatisticsCopyingRandomDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsCopyingShuffledDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsCopyingOthersDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsCopyingDict(TypedDict):
    value: float
    random: NotRequired[HeadStatisticsCopyingRandomDict]
    shuffled: NotRequired[HeadStatisticsCopyingShuffledDict]
    others: NotRequired[HeadStatisticsCopyingOthersDict]


class HeadStatisticsDiagonalRandomDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsDiagonalShuffledDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsDiagonalOthersDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsDiagonalDict(TypedDict):
    value: float
    random: NotRequired[HeadStatisticsDiagonalRandomDict]
    shuffled: NotRequired[HeadStatisticsDiagonalShuffledDict]
    others: NotRequired[HeadStatisticsDiagonalOthersDict]


class HeadStatisticsEigenvaluesDict(TypedDict):
    real: float
    imaginary: float


class HeadStatisticsSelfTop1RandomDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsSelfTop1ShuffledDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsSelfTop1OthersDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsSelfTop1Dict(TypedDict):
    value: float
    random: NotRequired[HeadStatisticsSelfTop1RandomDict]
    shuffled: NotRequired[HeadStatisticsSelfTop1ShuffledDict]
    others: NotRequired[HeadStatisticsSelfTop1OthersDict]


class HeadStatisticsSelfTop5RandomDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsSelfTop5ShuffledDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsSelfTop5OthersDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsSelfTop5Dict(TypedDict):
    value: float
    random: NotRequired[HeadStatisticsSelfTop5RandomDict]
    shuffled: NotRequired[HeadStatisticsSelfTop5ShuffledDict]
    others: NotRequired[HeadStatisticsSelfTop5OthersDict]


class HeadStatisticsSelfBottom1RandomDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsSelfBottom1ShuffledDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsSelfBottom1OthersDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsSelfBottom1Dict(TypedDict):
    value: float
    random: NotRequired[HeadStatisticsSelfBottom1RandomDict]
    shuffled: NotRequired[HeadStatisticsSelfBottom1ShuffledDict]
    others: NotRequired[HeadStatisticsSelfBottom1OthersDict]


class HeadStatisticsSelfBottom5RandomDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsSelfBottom5ShuffledDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsSelfBottom5OthersDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsSelfBottom5Dict(TypedDict):
    value: float
    random: NotRequired[HeadStatisticsSelfBottom5RandomDict]
    shuffled: NotRequired[HeadStatisticsSelfBottom5ShuffledDict]
    others: NotRequired[HeadStatisticsSelfBottom5OthersDict]


class HeadStatisticsSelfDict(TypedDict):
    # Tokens looked up, of which these are the shares
    tokens: NotRequired[float | None]
    top1: HeadStatisticsSelfTop1Dict
    top5: HeadStatisticsSelfTop5Dict
    bottom1: HeadStatisticsSelfBottom1Dict
    bottom5: HeadStatisticsSelfBottom5Dict


class HeadStatisticsRelationsPromotedRandomDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsRelationsPromotedShuffledDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsRelationsPromotedOthersDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsRelationsPromotedCopyingDict(TypedDict):
    """identity: share of pairs that E·Eᵀ alone has; above: those that the head has beyond, tested against heads
    that copy."""

    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]
    identity: float
    above: float


class HeadStatisticsRelationsPromotedDict(TypedDict):
    value: float
    random: NotRequired[HeadStatisticsRelationsPromotedRandomDict]
    shuffled: NotRequired[HeadStatisticsRelationsPromotedShuffledDict]
    others: NotRequired[HeadStatisticsRelationsPromotedOthersDict]
    # identity: share of pairs that E·Eᵀ alone has; above: those that the head has beyond, tested against heads
    # that copy
    copying: NotRequired[HeadStatisticsRelationsPromotedCopyingDict]


class HeadStatisticsRelationsSuppressedRandomDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsRelationsSuppressedShuffledDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsRelationsSuppressedOthersDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class HeadStatisticsRelationsSuppressedCopyingDict(TypedDict):
    """identity: share of pairs that E·Eᵀ alone has; above: those that the head has beyond, tested against heads
    that copy."""

    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]
    identity: float
    above: float


class HeadStatisticsRelationsSuppressedDict(TypedDict):
    value: float
    random: NotRequired[HeadStatisticsRelationsSuppressedRandomDict]
    shuffled: NotRequired[HeadStatisticsRelationsSuppressedShuffledDict]
    others: NotRequired[HeadStatisticsRelationsSuppressedOthersDict]
    # identity: share of pairs that E·Eᵀ alone has; above: those that the head has beyond, tested against heads
    # that copy
    copying: NotRequired[HeadStatisticsRelationsSuppressedCopyingDict]


class HeadStatisticsRelationsDict(TypedDict):
    relation: str
    pairs: float
    given: NotRequired[float]
    promoted: HeadStatisticsRelationsPromotedDict
    suppressed: HeadStatisticsRelationsSuppressedDict


class TokensTokensDict(TypedDict):
    id: float
    # Its own text, a leading space included
    token: str
    # Printable
    label: str
    # Cosine, with `like`
    score: NotRequired[float]


class TokenReportClassesDict(TypedDict):
    special: bool
    padding: bool


class TokenReportNeuronsKeyTopDict(TypedDict):
    layer: float
    expert: float
    neuron: float
    score: float
    # How far the token stands out within the neuron: |score| by the length of all its listed scores
    share: float
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    margin: NotRequired[float]
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    shareMargin: NotRequired[float]
    # Labels of the neuron's first tokens, with an atlas
    top: NotRequired[str]
    bottom: NotRequired[str]


class TokenReportNeuronsKeyBottomDict(TypedDict):
    layer: float
    expert: float
    neuron: float
    score: float
    # How far the token stands out within the neuron: |score| by the length of all its listed scores
    share: float
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    margin: NotRequired[float]
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    shareMargin: NotRequired[float]
    # Labels of the neuron's first tokens, with an atlas
    top: NotRequired[str]
    bottom: NotRequired[str]


class TokenReportNeuronsKeyDict(TypedDict):
    top: list[TokenReportNeuronsKeyTopDict]
    bottom: list[TokenReportNeuronsKeyBottomDict]


class TokenReportNeuronsUpTopDict(TypedDict):
    layer: float
    expert: float
    neuron: float
    score: float
    # How far the token stands out within the neuron: |score| by the length of all its listed scores
    share: float
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    margin: NotRequired[float]
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    shareMargin: NotRequired[float]
    # Labels of the neuron's first tokens, with an atlas
    top: NotRequired[str]
    bottom: NotRequired[str]


class TokenReportNeuronsUpBottomDict(TypedDict):
    layer: float
    expert: float
    neuron: float
    score: float
    # How far the token stands out within the neuron: |score| by the length of all its listed scores
    share: float
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    margin: NotRequired[float]
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    shareMargin: NotRequired[float]
    # Labels of the neuron's first tokens, with an atlas
    top: NotRequired[str]
    bottom: NotRequired[str]


class TokenReportNeuronsUpDict(TypedDict):
    top: list[TokenReportNeuronsUpTopDict]
    bottom: list[TokenReportNeuronsUpBottomDict]


class TokenReportNeuronsValueTopDict(TypedDict):
    layer: float
    expert: float
    neuron: float
    score: float
    # How far the token stands out within the neuron: |score| by the length of all its listed scores
    share: float
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    margin: NotRequired[float]
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    shareMargin: NotRequired[float]
    # Labels of the neuron's first tokens, with an atlas
    top: NotRequired[str]
    bottom: NotRequired[str]


class TokenReportNeuronsValueBottomDict(TypedDict):
    layer: float
    expert: float
    neuron: float
    score: float
    # How far the token stands out within the neuron: |score| by the length of all its listed scores
    share: float
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    margin: NotRequired[float]
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    shareMargin: NotRequired[float]
    # Labels of the neuron's first tokens, with an atlas
    top: NotRequired[str]
    bottom: NotRequired[str]


class TokenReportNeuronsValueDict(TypedDict):
    top: list[TokenReportNeuronsValueTopDict]
    bottom: list[TokenReportNeuronsValueBottomDict]


class TokenReportNeuronsDict(TypedDict):
    """Neurons for which the token scores highest and lowest, in order of share: key and up read it, value
    writes it."""

    key: NotRequired[TokenReportNeuronsKeyDict]
    up: NotRequired[TokenReportNeuronsUpDict]
    value: NotRequired[TokenReportNeuronsValueDict]


class TokenReportHeadsVoTopDict(TypedDict):
    layer: float
    head: float
    score: float
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    margin: NotRequired[float]
    # Its place among the head's pairs, with an atlas
    pairRank: NotRequired[float | None]


class TokenReportHeadsVoBottomDict(TypedDict):
    layer: float
    head: float
    score: float
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    margin: NotRequired[float]
    # Its place among the head's pairs, with an atlas
    pairRank: NotRequired[float | None]


class TokenReportHeadsVoDict(TypedDict):
    top: list[TokenReportHeadsVoTopDict]
    bottom: list[TokenReportHeadsVoBottomDict]


class TokenReportHeadsQkTopDict(TypedDict):
    layer: float
    head: float
    score: float
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    margin: NotRequired[float]
    # Its place among the head's pairs, with an atlas
    pairRank: NotRequired[float | None]


class TokenReportHeadsQkBottomDict(TypedDict):
    layer: float
    head: float
    score: float
    # Of a preview: for 95 % of scores the exact one is within score ± margin
    margin: NotRequired[float]
    # Its place among the head's pairs, with an atlas
    pairRank: NotRequired[float | None]


class TokenReportHeadsQkDict(TypedDict):
    top: list[TokenReportHeadsQkTopDict]
    bottom: list[TokenReportHeadsQkBottomDict]


class TokenReportHeadsDict(TypedDict):
    """By the token's diagonal score, the highest and the lowest (suppression where it is below 0): vo copies
    it, qk attends from it to itself."""

    vo: NotRequired[TokenReportHeadsVoDict]
    qk: NotRequired[TokenReportHeadsQkDict]


class TokenReportPreviewDict(TypedDict):
    """Only in a preview: how many vectors freq was taken from, and of how many."""

    vectors: float
    of: float


class StatisticNamesStatisticsDict(TypedDict):
    name: str
    source: Literal["atlas", "live"]
    description: NotRequired[str]


class StatisticSummaryDict(TypedDict):
    layer: float
    part: str
    count: float
    min: float
    q1: float
    median: float
    q3: float
    max: float


class SearchResultNeuronsMatchesDict(TypedDict):
    token: float
    label: str
    # Place of the neuron or head among the best of the token
    rank: float
    score: float
    # Place of the token in the neuron's own list; null beyond it
    within: float | None


class SearchResultNeuronsDict(TypedDict):
    layer: float
    expert: float
    neuron: float
    part: Literal["key", "up", "value"]
    sign: Literal["+", "-"]
    # Sum over the words met of the best matching score
    score: float
    # What the answer is ordered by: the size of score, of a neuron divided by the length of all scores listed of
    # it, of a head by that of its best pair
    share: float
    # Alternatives of the search that are met
    met: float
    matches: list[SearchResultNeuronsMatchesDict]


class SearchResultHeadsMatchesDict(TypedDict):
    token: float
    label: str
    # Place of the neuron or head among the best of the token
    rank: float
    score: float
    # Best place of the token in the head's own pairs
    pairRank: float | None


class SearchResultHeadsDict(TypedDict):
    layer: float
    head: float
    matrix: Literal["vo", "qk"]
    sign: Literal["+", "-"]
    # Sum over the words met of the best matching score
    score: float
    # What the answer is ordered by: the size of score, of a neuron divided by the length of all scores listed of
    # it, of a head by that of its best pair
    share: float
    # Alternatives of the search that are met
    met: float
    matches: list[SearchResultHeadsMatchesDict]


class SearchResultTermsTermDict(TypedDict):
    kind: str
    text: str


class SearchResultTermsDict(TypedDict):
    term: SearchResultTermsTermDict
    tokens: list[float]


class TablesTablesColumnsDict(TypedDict):
    name: str
    type: str


class TablesTablesDict(TypedDict):
    name: str
    rows: float
    columns: list[TablesTablesColumnsDict]


class NeuronRowsNeuronsDict(TypedDict):
    layer: float
    best: float
    worst: float
    top: str
    bottom: str
    value: float | None
    # Of a statistic: its p, null in older atlases
    p: NotRequired[float | None]
    # False discoveries to expect among all neurons (heads of this matrix) with as small a p
    q: NotRequired[float | None]
    expert: float
    neuron: float
    part: Literal["key", "up", "value"]
    norm: float
    reading_norm: float


class HeadRowsHeadsDict(TypedDict):
    layer: float
    best: float
    worst: float
    top: str
    bottom: str
    value: float | None
    # Of a statistic: its p, null in older atlases
    p: NotRequired[float | None]
    # False discoveries to expect among all neurons (heads of this matrix) with as small a p
    q: NotRequired[float | None]
    head: float
    kv_head: float
    matrix: Literal["vo", "qk"]


class RelationsRelationsHeadsPromotedRandomDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class RelationsRelationsHeadsPromotedShuffledDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class RelationsRelationsHeadsPromotedOthersDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class RelationsRelationsHeadsPromotedCopyingDict(TypedDict):
    """identity: share of pairs that E·Eᵀ alone has; above: those that the head has beyond, tested against heads
    that copy."""

    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]
    identity: float
    above: float


class RelationsRelationsHeadsPromotedDict(TypedDict):
    value: float
    random: NotRequired[RelationsRelationsHeadsPromotedRandomDict]
    shuffled: NotRequired[RelationsRelationsHeadsPromotedShuffledDict]
    others: NotRequired[RelationsRelationsHeadsPromotedOthersDict]
    # identity: share of pairs that E·Eᵀ alone has; above: those that the head has beyond, tested against heads
    # that copy
    copying: NotRequired[RelationsRelationsHeadsPromotedCopyingDict]


class RelationsRelationsHeadsSuppressedRandomDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class RelationsRelationsHeadsSuppressedShuffledDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class RelationsRelationsHeadsSuppressedOthersDict(TypedDict):
    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]


class RelationsRelationsHeadsSuppressedCopyingDict(TypedDict):
    """identity: share of pairs that E·Eᵀ alone has; above: those that the head has beyond, tested against heads
    that copy."""

    mean: NotRequired[float]
    sd: NotRequired[float]
    z: float | None
    # Probability of a value at least as extreme; null in older atlases
    p: NotRequired[float | None]
    identity: float
    above: float


class RelationsRelationsHeadsSuppressedDict(TypedDict):
    value: float
    random: NotRequired[RelationsRelationsHeadsSuppressedRandomDict]
    shuffled: NotRequired[RelationsRelationsHeadsSuppressedShuffledDict]
    others: NotRequired[RelationsRelationsHeadsSuppressedOthersDict]
    # identity: share of pairs that E·Eᵀ alone has; above: those that the head has beyond, tested against heads
    # that copy
    copying: NotRequired[RelationsRelationsHeadsSuppressedCopyingDict]


class RelationsRelationsHeadsDict(TypedDict):
    layer: float
    head: float
    matrix: Literal["vo", "qk"]
    relation: str
    pairs: float
    given: NotRequired[float]
    promoted: RelationsRelationsHeadsPromotedDict
    suppressed: RelationsRelationsHeadsSuppressedDict
    # False discoveries to expect among all heads with as small a p
    q: float | None


class RelationsRelationsDict(TypedDict):
    relation: str
    # Pairs whose words are single tokens
    pairs: float
    given: float
    # Fewer than 20 pairs: heads cannot be ranked by them
    tooFew: bool
    heads: list[RelationsRelationsHeadsDict]


class RelationRowsRelationsDict(TypedDict):
    layer: float
    head: float
    matrix: Literal["vo", "qk"]
    relation: str
    pairs: float
    promoted: float
    promoted_z: float | None
    promoted_shuffled_z: float | None
    suppressed: float
    suppressed_z: float | None
    suppressed_shuffled_z: float | None
    given: float | None
    identity: float | None
    promoted_p: float | None
    promoted_shuffled_p: float | None
    promoted_above: float | None
    promoted_copying_z: float | None
    promoted_copying_p: float | None
    suppressed_p: float | None
    suppressed_shuffled_p: float | None
    suppressed_above: float | None
    suppressed_copying_z: float | None
    suppressed_copying_p: float | None
    # False discoveries to expect among all of this kind with as small a p
    promoted_q: float | None
    # False discoveries to expect among all of this kind with as small a p
    suppressed_q: float | None


class CompositionRowsCompositionsDict(TypedDict):
    from_layer: float
    from_head: float
    to_layer: float
    to_head: float
    kind: Literal["q", "k", "v"]
    score: float
    z: float
    p: float | None
    # False discoveries to expect among all of this kind with as small a p
    q: float | None


class ComparisonSharedDimensionsDict(TypedDict):
    name: str
    a: float | bool
    b: float | bool


class ComparisonSharedDict(TypedDict):
    architecture: bool
    # The same tokens in the same places
    vocabulary: bool
    # Tokens of A whose text is a token of B
    tokens: float
    dimensions: list[ComparisonSharedDimensionsDict]


class ComparisonDiffNeuronsDict(TypedDict):
    layer: float
    expert: float
    neuron: float
    part: Literal["key", "up", "value"]
    shared: float
    lost: list[str]
    gained: list[str]


class ComparisonDiffHeadsDict(TypedDict):
    layer: float
    head: float
    matrix: Literal["vo", "qk"]
    shared: float
    lost: list[list[str]]
    gained: list[list[str]]


class ComparisonDiffDict(TypedDict):
    neurons: list[ComparisonDiffNeuronsDict]
    heads: list[ComparisonDiffHeadsDict]


class ModelDiffOverallDict(TypedDict):
    # All changes over all numbers of A
    relative: float | None
    # reordered: nothing but neurons and heads in another order; nearly: less than storing the numbers in BF16
    # changes
    verdict: Literal["same", "reordered", "rounding", "nearly", "changed"]


class ModelDiffHeadersConfigDict(TypedDict):
    name: str
    a: str
    b: str


class ModelDiffHeadersTypesDict(TypedDict):
    type: str
    a: float
    b: float


class ModelDiffHeadersReshapedDict(TypedDict):
    name: str
    a: str
    b: str


class ModelDiffHeadersDict(TypedDict):
    same: bool
    config: list[ModelDiffHeadersConfigDict]
    types: list[ModelDiffHeadersTypesDict]
    onlyA: list[str]
    onlyB: list[str]
    reshaped: list[ModelDiffHeadersReshapedDict]
    tokens: list[str]


class ModelDiffParametersVectorsDict(TypedDict):
    index: float
    change: float
    # Of its own length in A; null where that is 0
    relative: float | None


class ModelDiffParametersDict(TypedDict):
    name: str
    kind: str
    layer: NotRequired[float]
    count: float
    width: float
    size: float
    change: float
    # Of its own length in A; null where that is 0
    relative: float | None
    # The median of `relative` over this kind’s parameters
    typical: float | None
    # What rounding to the coarser type changes, relative
    rounding: NotRequired[float]
    # Numbers that are not equal
    moved: float
    # Numbers further apart than rounding explains
    beyond: float
    # reordered: the same neurons or heads in another order; sizes are of rows in place
    verdict: Literal["same", "rounding", "reordered", "changed"]
    notFinite: float
    vectors: list[ModelDiffParametersVectorsDict]
    heads: NotRequired[list[float | None]]


class ModelDiffReorderedKeyValueDict(TypedDict):
    """Key-value heads that stand elsewhere, where several heads share one."""

    moved: float
    count: float


class ModelDiffReorderedDict(TypedDict):
    layer: str
    units: Literal["neurons", "heads"]
    moved: float
    count: float
    # Key-value heads that stand elsewhere, where several heads share one
    keyValue: NotRequired[ModelDiffReorderedKeyValueDict]
    # The layer does the same: positions are not told by a head’s number
    equivalent: bool
    parameters: list[str]


class ModelDiffSidesDict(TypedDict):
    side: Literal["writes", "reads"]
    taken: float
    changed: float
    share: float
    top: list[ScoredTokenDict]
    bottom: list[ScoredTokenDict]
    chance: NotRequired[ChanceDict]


class ModelDiffDirectionsRandomDict(TypedDict):
    share: float
    effectiveRank: float


class ModelDiffDirectionsIntrudersFoundDict(TypedDict):
    rank: float
    value: float
    nearest: float
    top: list[ScoredTokenDict]
    bottom: list[ScoredTokenDict]
    chance: NotRequired[ChanceDict]


class ModelDiffDirectionsIntrudersDict(TypedDict):
    """Leading directions of B’s parameter that A’s has nothing near to."""

    looked: float
    least: float
    chance: float
    found: list[ModelDiffDirectionsIntrudersFoundDict]


class ModelDiffDirectionsDict(TypedDict):
    parameter: str
    # Of all squared changes, in the first direction
    share: float
    effectiveRank: float
    random: ModelDiffDirectionsRandomDict
    top: list[ScoredTokenDict]
    bottom: list[ScoredTokenDict]
    chance: NotRequired[ChanceDict]
    # Leading directions of B’s parameter that A’s has nothing near to
    intruders: NotRequired[ModelDiffDirectionsIntrudersDict]


class ModelDiffNeuronsDict(TypedDict):
    layer: float
    expert: NotRequired[float]
    neuron: float
    part: Literal["key", "up", "value"]
    # Of its own length in A; null where that is 0
    relative: float | None
    top: list[ScoredTokenDict]
    bottom: list[ScoredTokenDict]
    chance: NotRequired[ChanceDict]


class HeadChangeDict(TypedDict):
    layer: float
    head: float
    matrix: Literal["vo", "qk"]
    # Of its own length in A; null where that is 0
    relative: float | None
    # Whose scores rose most
    pairs: list[TokenPairDict]
    # Whose scores fell most
    lowest: list[TokenPairDict]


class ModelDiffRowsDict(TypedDict):
    table: Literal["embed", "unembed"]
    token: TokenDict
    # Of its own length in A; null where that is 0
    relative: float | None


class WordHistoryLayersStepsDict(TypedDict):
    # Neurons whose first k words are not the same
    changed: float
    # Neurons whose first word is another
    first: float
    # Share of the first k words that stayed, on average
    kept: float


class WordHistoryLayersDict(TypedDict):
    layer: float
    expert: NotRequired[float]
    part: Literal["key", "up", "value"]
    neurons: float
    types: list[str]
    steps: list[WordHistoryLayersStepsDict]


class WordHistoryTypesStepsDict(TypedDict):
    # Neurons whose first k words are not the same
    changed: float
    # Neurons whose first word is another
    first: float
    # Share of the first k words that stayed, on average
    kept: float


class WordHistoryTypesDict(TypedDict):
    types: list[str]
    neurons: float
    steps: list[WordHistoryTypesStepsDict]


class WordHistoryMovedDict(TypedDict):
    layer: float
    expert: NotRequired[float]
    part: Literal["key", "up", "value"]
    neuron: float
    kept: list[float]
    when: float
    words: list[list[TokenDict]]


class WordHistoryDict(TypedDict):
    models: list[str]
    k: float
    layers: list[WordHistoryLayersDict]
    types: list[WordHistoryTypesDict]
    moved: list[WordHistoryMovedDict]


class HealthFindingsDict(TypedDict):
    check: str
    level: Literal["fault", "risk", "note"]
    what: str
    count: float
    examples: list[str]


class HealthRowsLengthDict(TypedDict):
    median: float
    low: float
    high: float


class HealthRowsUnusedDict(TypedDict):
    known: float
    median: float
    high: float


class HealthRowsDict(TypedDict):
    table: Literal["embed", "unembed"]
    rows: float
    length: HealthRowsLengthDict
    unused: NotRequired[HealthRowsUnusedDict]
    outlierDimensions: list[float]


class AlignmentMatchingDict(TypedDict):
    a: float
    b: float
    mean: float


class AlignmentNullDict(TypedDict):
    draws: float
    seed: float
    size: float
    sample: float
    mean: float
    p: list[list[float]]
    pMean: float
    pDiagonal: float


class AlignmentBestADict(TypedDict):
    layer: float
    index: float


class AlignmentBestBDict(TypedDict):
    layer: float
    index: float


class AlignmentBestDict(TypedDict):
    a: AlignmentBestADict
    b: AlignmentBestBDict
    correlation: float


class AlignmentNeuronsDict(TypedDict):
    a: float
    b: float
    pairs: list[list[float]]
    mean: float
    onDiagonal: float


class KinshipSpacesLayersOrderDict(TypedDict):
    rho: float | None
    p: float | None


class KinshipSpacesLayersMatchDict(TypedDict):
    rho: float | None
    p: float | None


class KinshipSpacesLayersDict(TypedDict):
    layer: float
    matched: float
    mean: float
    order: KinshipSpacesLayersOrderDict | None
    match: KinshipSpacesLayersMatchDict


class KinshipSpacesDict(TypedDict):
    space: str
    other: str
    layers: list[KinshipSpacesLayersDict]
    # p over all layers: do neurons stand in one order? Exact
    order: float | None
    # p over all layers: do two vectors of a neuron match the same neuron?
    match: float | None


class KinshipBasisDict(TypedDict):
    draws: float
    sample: float
    found: float
    chance: float
    p: float


class KinshipPairsBestDict(TypedDict):
    a: float
    b: float
    rho: float
    p: float


class KinshipPairsDict(TypedDict):
    sample: float
    layersA: list[float]
    layersB: list[float]
    rho: list[list[float | None]]
    p: list[list[float | None]]
    best: list[KinshipPairsBestDict]
    least: float | None


class KinshipDistancesDict(TypedDict):
    layer: float | None
    distance: float
    cosine: float | None
    compared: float
    left: float


class StitchTokensDict(TypedDict):
    """T = E_B · pinv(E_A)."""

    shape: list[float]
    condition: float
    dropped: float


class StitchScoresDict(TypedDict):
    """S = pinv(E_Bᵀ) · E_Aᵀ."""

    shape: list[float]
    condition: float
    dropped: float


class StitchKindsTokensDict(TypedDict):
    roundTrip: float
    scores: float


class StitchKindsScoresDict(TypedDict):
    roundTrip: float
    scores: float


class StitchKindsDict(TypedDict):
    kind: str
    vectors: float
    tokens: StitchKindsTokensDict
    scores: StitchKindsScoresDict


class PlacesPlacesDict(TypedDict):
    kind: Literal["neuron"]
    text: str
    layer: float
    neuron: float
    # Absent: the first, or there are none
    expert: NotRequired[float]


class PlacesPlaces1Dict(TypedDict):
    kind: Literal["head"]
    text: str
    layer: float
    head: float


class PlacesPlaces2Dict(TypedDict):
    kind: Literal["token"]
    text: str
    token: TokenDict


class PlacesPlaces3Dict(TypedDict):
    kind: Literal["vector"]
    text: str
    expression: str


class ModelsDict(TypedDict):
    version: str
    # Whether `POST /api/models` opens one more
    opens: bool
    models: list[ModelInfoDict]


class NeuronReadingDict(TypedDict):
    model: str
    layer: float
    neuron: float
    # Of which expert, where the layer has them
    expert: NotRequired[float]
    normalize: Literal["freq", "none", "cosine"]
    applied: AppliedDict
    parts: NeuronReadingPartsDict
    # Lengths of the vectors
    norms: NeuronReadingNormsDict
    cosines: NeuronReadingCosinesDict


class HistogramDict(TypedDict):
    model: str
    layer: float
    neuron: float
    normalize: Literal["freq", "none", "cosine"]
    applied: AppliedDict
    parts: HistogramPartsDict


class SimilarDict(TypedDict):
    source: Literal["atlas", "live"]
    # What `cosine` is the cosine of
    measure: str
    part: Literal["key", "up", "value"]
    neurons: list[SimilarNeuronsDict]


class RawVectorDict(TypedDict):
    name: str
    width: float
    norm: float
    values: list[float]


class TokenMapDict(TypedDict):
    tokens: list[ScoredTokenDict]
    width: float
    # E_i of each token: fp32 [tokens, width], little endian, base64
    rows: str


class HeadReadingDict(TypedDict):
    model: str
    layer: float
    head: float
    normalize: Literal["freq", "none", "cosine"]
    applied: HeadReadingAppliedDict
    vo: NotRequired[MatrixReadingDict]
    qk: NotRequired[MatrixReadingDict]


class PairCountDict(TypedDict):
    matrix: Literal["vo", "qk"]
    above: NotRequired[float]
    below: NotRequired[float]
    # Exact
    count: float
    # All pairs under the filters
    total: float
    # `list`: from the kept best 100,000 scores; `engine`: counted anew
    source: Literal["list", "engine"]


class ScoreCurveDict(TypedDict):
    matrix: Literal["vo", "qk"]
    # All pairs under the filters
    total: float
    # Pairs whose scores are kept: down to the last one a count is instant
    listed: float
    # Ascending from 1, denser at the beginning
    ranks: list[float]
    # The score of the pair of each rank
    scores: list[float]


class HeadRowDict(TypedDict):
    model: str
    layer: float
    head: float
    matrix: Literal["vo", "qk"]
    side: Literal["first", "second"]
    token: TokenDict
    normalize: Literal["freq", "none", "cosine"]
    applied: AppliedDict
    top: list[ScoredTokenDict]
    bottom: list[ScoredTokenDict]
    chance: NotRequired[ChanceDict]


class SpectrumDict(TypedDict):
    layer: float
    head: float
    matrix: Literal["vo", "qk"]
    # Singular values, descending
    values: list[float]
    spans: list[SpectrumSpansDict]
    effectiveRank: float
    fit: SpectrumFitDict
    directions: list[SpectrumDirectionsDict]


class HeadStatisticsDict(TypedDict):
    layer: float
    head: float
    matrix: Literal["vo", "qk"]
    copying: HeadStatisticsCopyingDict
    diagonal: HeadStatisticsDiagonalDict
    eigenvalues: list[HeadStatisticsEigenvaluesDict]
    self: HeadStatisticsSelfDict
    relations: list[HeadStatisticsRelationsDict]
    source: Literal["atlas", "live"]
    # Which tokens are left out
    notes: NotRequired[list[str]]


class HeatMapDict(TypedDict):
    matrix: Literal["vo", "qk"]
    # The strongest first tokens, by their best pair
    first: list[TokenDict]
    second: list[TokenDict]
    # [first, second]
    scores: list[list[float]]


class VectorReadingDict(TypedDict):
    model: str
    vector: str
    normalize: Literal["freq", "none", "cosine"]
    applied: AppliedDict
    norm: float
    top: list[ScoredTokenDict]
    bottom: list[ScoredTokenDict]
    chance: NotRequired[ChanceDict]


class TokensDict(TypedDict):
    # Tokens that match, of which the first are listed
    total: float
    tokens: list[TokensTokensDict]


class TokenReportDict(TypedDict):
    token: TokenDict
    classes: TokenReportClassesDict
    norm: float | None
    # By cosine of rows of E, itself left out
    nearest: list[ScoredTokenDict]
    # Neurons for which the token scores highest and lowest, in order of share: key and up read it, value writes
    # it
    neurons: TokenReportNeuronsDict
    # By the token's diagonal score, the highest and the lowest (suppression where it is below 0): vo copies it,
    # qk attends from it to itself
    heads: TokenReportHeadsDict
    # Only in a preview: how many vectors freq was taken from, and of how many
    preview: NotRequired[TokenReportPreviewDict]
    source: Literal["atlas", "live"]


class StatisticRowsDict(TypedDict):
    model: str
    of: Literal["heads", "neurons"]
    # As the atlas’s tables head_stats and neuron_stats have them; q counts all rows (heads: of a matrix)
    rows: list[dict[str, float | str | None]]
    notes: list[str]


class VocabularyMapDict(TypedDict):
    # Rows of E, V
    tokens: float
    # fp32 [V, 2] in [-1, 1], little endian, base64
    points: str
    texts: list[str]
    labels: list[str]
    # fp32 [V], NaN where a row is of no word; base64
    scores: str | None


class StatisticNamesDict(TypedDict):
    kind: Literal["neurons", "heads"]
    statistics: list[StatisticNamesStatisticsDict]


class StatisticDict(TypedDict):
    """Columns of one length, one entry per vector or matrix."""

    kind: Literal["neurons", "heads"]
    name: str
    source: Literal["atlas", "live"]
    layer: list[float]
    # Neuron or head
    index: list[float]
    expert: NotRequired[list[float]]
    # key, up, value; vo, qk
    part: list[str]
    value: list[float | None]
    summary: list[StatisticSummaryDict]


class SearchResultDict(TypedDict):
    neurons: list[SearchResultNeuronsDict]
    heads: list[SearchResultHeadsDict]
    terms: list[list[SearchResultTermsDict]]
    # Words that no token is, and what was not searched since the atlas does not have it (yet)
    notes: list[str]


class RowsDict(TypedDict):
    columns: list[str]
    rows: list[dict[str, Any]]


class TablesDict(TypedDict):
    tables: list[TablesTablesDict]


class NeuronRowsDict(TypedDict):
    sort: str
    neurons: list[NeuronRowsNeuronsDict]


class HeadRowsDict(TypedDict):
    sort: str
    heads: list[HeadRowsHeadsDict]


class RelationsDict(TypedDict):
    model: str
    matrix: Literal["vo", "qk"]
    # A pair counts when its second word is among so many best (worst) tokens of the first
    k: float
    relations: list[RelationsRelationsDict]
    # Which tokens are left out
    notes: NotRequired[list[str]]


class RelationRowsDict(TypedDict):
    sort: str
    relations: list[RelationRowsRelationsDict]


class CompositionRowsDict(TypedDict):
    compositions: list[CompositionRowsCompositionsDict]


class ComparisonDict(TypedDict):
    a: str
    b: str
    shared: ComparisonSharedDict
    # What changed most, where both models have an atlas
    diff: ComparisonDiffDict | None


class ModelDiffDict(TypedDict):
    a: str
    b: str
    # Nothing differs, in headers or in numbers
    same: bool
    overall: ModelDiffOverallDict
    normalize: Literal["freq", "none", "cosine"]
    headers: ModelDiffHeadersDict
    parameters: list[ModelDiffParametersDict]
    reordered: list[ModelDiffReorderedDict]
    sides: list[ModelDiffSidesDict]
    directions: list[ModelDiffDirectionsDict]
    neurons: list[ModelDiffNeuronsDict]
    heads: list[HeadChangeDict]
    rows: list[ModelDiffRowsDict]
    words: NotRequired[WordHistoryDict]
    notes: list[str]


class HealthDict(TypedDict):
    model: str
    # No fault and no risk
    healthy: bool
    findings: list[HealthFindingsDict]
    checks: list[str]
    rows: list[HealthRowsDict]


class AlignmentDict(TypedDict):
    a: str
    b: str
    kind: str
    space: str
    # Paired tokens (in feature space: numbers of a vector) that correlations are over
    size: float
    # Vectors of a layer that were looked at, at most; null: all
    sample: float | None
    layersA: list[float]
    layersB: list[float]
    # Mean of |correlation| for each layer of A (rows) and of B
    means: list[list[float]]
    # About what a mean is where nothing belongs together
    chance: float
    # Layers matched one to one, with the largest sum of means
    matching: list[AlignmentMatchingDict]
    # The share of matched layers that have one number
    onDiagonal: float
    # What permuted vocabularies give, and the p-values against them
    null: AlignmentNullDict | None
    best: list[AlignmentBestDict]
    # The share of A’s vectors whose best match is in the matched layer
    bestInMatched: float
    # Vectors of matched layers matched one to one: index in A, index in B, correlation
    neurons: list[AlignmentNeuronsDict] | None
    notes: list[str]


class KinshipDict(TypedDict):
    a: str
    b: str
    layers: float
    sample: float
    seed: float
    spaces: list[KinshipSpacesDict]
    # Do both share the basis of the residual stream? Exact
    basis: KinshipBasisDict | None
    # The test `match` of every layer of A (rows) with every one of B; `best` corrected for choice
    pairs: KinshipPairsDict | None
    distances: list[KinshipDistancesDict]
    notes: list[str]


class StitchDict(TypedDict):
    a: str
    b: str
    embedding: str
    # Tokens that both have
    size: float
    # T = E_B · pinv(E_A)
    tokens: StitchTokensDict
    # S = pinv(E_Bᵀ) · E_Aᵀ
    scores: StitchScoresDict
    kinds: list[StitchKindsDict]
    notes: list[str]


class PlacesDict(TypedDict):
    places: list[PlacesPlacesDict | PlacesPlaces1Dict | PlacesPlaces2Dict | PlacesPlaces3Dict]
