# Made of src/questions; UPDATE_DOCS=1 npm test -- src/session writes it anew.
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from ._reading import Reading

if TYPE_CHECKING:
    from . import _answers
    from ._model import Model


class Models(Reading):
    """The opened models."""

    data: _answers.ModelsDict
    version: str
    # Whether `POST /api/models` opens one more
    opens: bool
    models: list[_answers.ModelInfoDict]


class ModelInfo(Reading):
    """One model."""

    data: _answers.ModelInfoDict
    id: str
    name: str
    # `failed`: `problem` says why
    state: Literal["ready", "failed"]
    problem: str | None
    # The checkpoint is open; without it only the atlas answers
    live: bool
    architecture: str
    type: str
    layers: float
    # Width d of the residual stream
    hidden: float
    heads: float
    kv_heads: float
    head_dim: float
    # Neurons per layer (per expert, where there are experts)
    neurons: float
    # Rows of E
    vocab: float
    experts: float
    # There is one that all tokens share: its number is `experts`
    shared_expert: bool
    gated: bool
    parts: list[Literal["key", "up", "value"]]
    # Whether embed and unembed are one matrix
    tied: bool | None
    tokenizer: _answers.ModelInfoTokenizerDict | None
    fingerprint: str
    notes: list[str]
    atlas: _answers.ModelInfoAtlasDict | None
    # An atlas on its way
    building: _answers.ModelInfoBuildingDict | None
    engine: _answers.ModelInfoEngineDict | None


class NeuronReading(Reading):
    """A neuron as words."""

    data: _answers.NeuronReadingDict
    model: str
    layer: float
    neuron: float
    # Of which expert, where the layer has them
    expert: float | None
    normalize: Literal["freq", "none", "cosine"]
    applied: _answers.AppliedDict
    parts: _answers.NeuronReadingPartsDict
    # Lengths of the vectors
    norms: _answers.NeuronReadingNormsDict
    cosines: _answers.NeuronReadingCosinesDict


class Histogram(Reading):
    """The distribution of a neuron's scores over all tokens."""

    data: _answers.HistogramDict
    model: str
    layer: float
    neuron: float
    normalize: Literal["freq", "none", "cosine"]
    applied: _answers.AppliedDict
    parts: _answers.HistogramPartsDict


class Similar(Reading):
    """The neurons that are most like it, of all layers."""

    data: _answers.SimilarDict
    source: Literal["atlas", "live"]
    # What `cosine` is the cosine of
    measure: str
    part: Literal["key", "up", "value"]
    neurons: list[_answers.SimilarNeuronsDict]


class RawVector(Reading):
    """The numbers of one of its vectors."""

    data: _answers.RawVectorDict
    name: str
    width: float
    norm: float
    values: list[float]


class TokenMap(Reading):
    """The rows of E of its best tokens, to be laid out."""

    data: _answers.TokenMapDict
    tokens: list[_answers.ScoredTokenDict]
    width: float
    # E_i of each token: fp32 [tokens, width], little endian, base64
    rows: str


class HeadReading(Reading):
    """A head as pairs of words."""

    data: _answers.HeadReadingDict
    model: str
    layer: float
    head: float
    normalize: Literal["freq", "none", "cosine"]
    applied: _answers.HeadReadingAppliedDict
    vo: _answers.MatrixReadingDict | None
    qk: _answers.MatrixReadingDict | None


class PairCount(Reading):
    """The exact number of pairs between two scores; at once above the 100,000th score."""

    data: _answers.PairCountDict
    matrix: Literal["vo", "qk"]
    above: float | None
    below: float | None
    # Exact
    count: float
    # All pairs under the filters
    total: float
    # `list`: from the kept best 100,000 scores; `engine`: counted anew
    source: Literal["list", "engine"]


class ScoreCurve(Reading):
    """Scores by rank, for a slider."""

    data: _answers.ScoreCurveDict
    matrix: Literal["vo", "qk"]
    # All pairs under the filters
    total: float
    # Pairs whose scores are kept: down to the last one a count is instant
    listed: float
    # Ascending from 1, denser at the beginning
    ranks: list[float]
    # The score of the pair of each rank
    scores: list[float]


class HeadRow(Reading):
    """What a head does with one token: its row, or its column."""

    data: _answers.HeadRowDict
    model: str
    layer: float
    head: float
    matrix: Literal["vo", "qk"]
    side: Literal["first", "second"]
    token: _answers.TokenDict
    normalize: Literal["freq", "none", "cosine"]
    applied: _answers.AppliedDict
    top: list[_answers.ScoredTokenDict]
    bottom: list[_answers.ScoredTokenDict]
    chance: _answers.ChanceDict | None


class Spectrum(Reading):
    """Singular values, and directions as words."""

    data: _answers.SpectrumDict
    layer: float
    head: float
    matrix: Literal["vo", "qk"]
    # Singular values, descending
    values: list[float]
    spans: list[_answers.SpectrumSpansDict]
    effective_rank: float
    fit: _answers.SpectrumFitDict
    directions: list[_answers.SpectrumDirectionsDict]


class HeadStatistics(Reading):
    """Copying, own places and relations, each with its nulls."""

    data: _answers.HeadStatisticsDict
    layer: float
    head: float
    matrix: Literal["vo", "qk"]
    copying: _answers.HeadStatisticsCopyingDict
    diagonal: _answers.HeadStatisticsDiagonalDict
    eigenvalues: list[_answers.HeadStatisticsEigenvaluesDict]
    self: _answers.HeadStatisticsSelfDict
    relations: list[_answers.HeadStatisticsRelationsDict]
    source: Literal["atlas", "live"]
    # Which tokens are left out
    notes: list[str] | None


class HeatMap(Reading):
    """Scores of the strongest first tokens with the strongest second tokens."""

    data: _answers.HeatMapDict
    matrix: Literal["vo", "qk"]
    # The strongest first tokens, by their best pair
    first: list[_answers.TokenDict]
    second: list[_answers.TokenDict]
    # [first, second]
    scores: list[list[float]]


class VectorReading(Reading):
    """Any vector as words, arithmetic included."""

    data: _answers.VectorReadingDict
    model: str
    vector: str
    normalize: Literal["freq", "none", "cosine"]
    applied: _answers.AppliedDict
    norm: float
    top: list[_answers.ScoredTokenDict]
    bottom: list[_answers.ScoredTokenDict]
    chance: _answers.ChanceDict | None


class Tokens(Reading):
    """Tokens by text, by meaning, by class (the filters)."""

    data: _answers.TokensDict
    # Tokens that match, of which the first are listed
    total: float
    tokens: list[_answers.TokensTokensDict]


class TokenReport(Reading):
    """A token: its neighbours, the neurons that read and write it, the heads that copy, suppress and attend to it."""

    data: _answers.TokenReportDict
    token: _answers.TokenDict
    classes: _answers.TokenReportClassesDict
    norm: float | None
    # By cosine of rows of E, itself left out
    nearest: list[_answers.ScoredTokenDict]
    # Neurons for which the token scores highest and lowest, in order of share: key and up read it, value writes
    # it
    neurons: _answers.TokenReportNeuronsDict
    # By the token's diagonal score, the highest and the lowest (suppression where it is below 0): vo copies it,
    # qk attends from it to itself
    heads: _answers.TokenReportHeadsDict
    # Only in a preview: how many vectors freq was taken from, and of how many
    preview: _answers.TokenReportPreviewDict | None
    source: Literal["atlas", "live"]


class StatisticRows(Reading):
    """Every statistic of every neuron or head beside its nulls, with p and q, from the weights."""

    data: _answers.StatisticRowsDict
    model: str
    of: Literal["heads", "neurons"]
    # As the atlas’s tables head_stats and neuron_stats have them; q counts all rows (heads: of a matrix)
    rows: list[dict[str, float | str | None]]
    notes: list[str]


class VocabularyMap(Reading):
    """A map of the whole vocabulary, with the scores of a vector where one is given."""

    data: _answers.VocabularyMapDict
    # Rows of E, V
    tokens: float
    # fp32 [V, 2] in [-1, 1], little endian, base64
    points: str
    texts: list[str]
    labels: list[str]
    # fp32 [V], NaN where a row is of no word; base64
    scores: str | None


class StatisticNames(Reading):
    """The statistics there are."""

    data: _answers.StatisticNamesDict
    kind: Literal["neurons", "heads"]
    statistics: list[_answers.StatisticNamesStatisticsDict]


class Statistic(Reading):
    """One number for every neuron or head of the model, with quartiles by layer."""

    data: _answers.StatisticDict
    kind: Literal["neurons", "heads"]
    name: str
    source: Literal["atlas", "live"]
    layer: list[float]
    # Neuron or head
    index: list[float]
    expert: list[float] | None
    # key, up, value; vo, qk
    part: list[str]
    value: list[float | None]
    summary: list[_answers.StatisticSummaryDict]


class SearchResult(Reading):
    """Neurons and heads for words."""

    data: _answers.SearchResultDict
    neurons: list[_answers.SearchResultNeuronsDict]
    heads: list[_answers.SearchResultHeadsDict]
    terms: list[list[_answers.SearchResultTermsDict]]
    # Words that no token is, and what was not searched since the atlas does not have it (yet)
    notes: list[str]


class Rows(Reading):
    """The rows of one SELECT."""

    data: _answers.RowsDict
    columns: list[str]
    rows: list[dict[str, Any]]


class Tables(Reading):
    """Its tables."""

    data: _answers.TablesDict
    tables: list[_answers.TablesTablesDict]


class NeuronRows(Reading):
    """Neurons in order of a number."""

    data: _answers.NeuronRowsDict
    sort: str
    neurons: list[_answers.NeuronRowsNeuronsDict]


class HeadRows(Reading):
    """Heads in order of a number."""

    data: _answers.HeadRowsDict
    sort: str
    heads: list[_answers.HeadRowsHeadsDict]


class Relations(Reading):
    """Heads by how strongly they turn words into others."""

    data: _answers.RelationsDict
    model: str
    matrix: Literal["vo", "qk"]
    # A pair counts when its second word is among so many best (worst) tokens of the first
    k: float
    relations: list[_answers.RelationsRelationsDict]
    # Which tokens are left out
    notes: list[str] | None


class RelationRows(Reading):
    """Heads of an atlas by how strongly they implement a relation between words."""

    data: _answers.RelationRowsDict
    sort: str
    relations: list[_answers.RelationRowsRelationsDict]


class CompositionRows(Reading):
    """Pairs of heads by how much of what one writes the other reads."""

    data: _answers.CompositionRowsDict
    compositions: list[_answers.CompositionRowsCompositionsDict]


class Comparison(Reading):
    """What two models share, and what their atlases have different."""

    data: _answers.ComparisonDict
    a: str
    b: str
    shared: _answers.ComparisonSharedDict
    # What changed most, where both models have an atlas
    diff: _answers.ComparisonDiffDict | None


class ModelDiff(Reading):
    """What differs between two models, in numbers and in words."""

    data: _answers.ModelDiffDict
    a: str
    b: str
    # Nothing differs, in headers or in numbers
    same: bool
    overall: _answers.ModelDiffOverallDict
    normalize: Literal["freq", "none", "cosine"]
    headers: _answers.ModelDiffHeadersDict
    parameters: list[_answers.ModelDiffParametersDict]
    reordered: list[_answers.ModelDiffReorderedDict]
    sides: list[_answers.ModelDiffSidesDict]
    directions: list[_answers.ModelDiffDirectionsDict]
    neurons: list[_answers.ModelDiffNeuronsDict]
    heads: list[_answers.HeadChangeDict]
    rows: list[_answers.ModelDiffRowsDict]
    words: _answers.WordHistoryDict | None
    notes: list[str]


class HeadChange(Reading):
    """What changed in one head between two models: the pairs that rose most and fell most."""

    data: _answers.HeadChangeDict
    layer: float
    head: float
    matrix: Literal["vo", "qk"]
    # Of its own length in A; null where that is 0
    relative: float | None
    # Whose scores rose most
    pairs: list[_answers.TokenPairDict]
    # Whose scores fell most
    lowest: list[_answers.TokenPairDict]


class Health(Reading):
    """The health of a model’s vocabulary and weights."""

    data: _answers.HealthDict
    model: str
    # No fault and no risk
    healthy: bool
    findings: list[_answers.HealthFindingsDict]
    checks: list[str]
    rows: list[_answers.HealthRowsDict]


class Alignment(Reading):
    """Two models’ layers aligned over the tokens they share."""

    data: _answers.AlignmentDict
    a: str
    b: str
    kind: str
    space: str
    # Paired tokens (in feature space: numbers of a vector) that correlations are over
    size: float
    # Vectors of a layer that were looked at, at most; null: all
    sample: float | None
    layers_a: list[float]
    layers_b: list[float]
    # Mean of |correlation| for each layer of A (rows) and of B
    means: list[list[float]]
    # About what a mean is where nothing belongs together
    chance: float
    # Layers matched one to one, with the largest sum of means
    matching: list[_answers.AlignmentMatchingDict]
    # The share of matched layers that have one number
    on_diagonal: float
    # What permuted vocabularies give, and the p-values against them
    null: _answers.AlignmentNullDict | None
    best: list[_answers.AlignmentBestDict]
    # The share of A’s vectors whose best match is in the matched layer
    best_in_matched: float
    # Vectors of matched layers matched one to one: index in A, index in B, correlation
    neurons: list[_answers.AlignmentNeuronsDict] | None
    notes: list[str]


class Kinship(Reading):
    """Whether two models stem from one another, by their weights."""

    data: _answers.KinshipDict
    a: str
    b: str
    layers: float
    sample: float
    seed: float
    spaces: list[_answers.KinshipSpacesDict]
    # Do both share the basis of the residual stream? Exact
    basis: _answers.KinshipBasisDict | None
    # The test `match` of every layer of A (rows) with every one of B; `best` corrected for choice
    pairs: _answers.KinshipPairsDict | None
    distances: list[_answers.KinshipDistancesDict]
    notes: list[str]


class Stitch(Reading):
    """Linear maps from one model’s space to another’s."""

    data: _answers.StitchDict
    a: str
    b: str
    embedding: str
    # Tokens that both have
    size: float
    # T = E_B · pinv(E_A)
    tokens: _answers.StitchTokensDict
    # S = pinv(E_Bᵀ) · E_Aᵀ
    scores: _answers.StitchScoresDict
    kinds: list[_answers.StitchKindsDict]
    notes: list[str]


class Places(Reading):
    """Where a person wants to go: neuron 28:100, head 23:9, a word, an expression."""

    data: _answers.PlacesDict
    places: list[_answers.PlacesPlacesDict
        | _answers.PlacesPlaces1Dict
        | _answers.PlacesPlaces2Dict
        | _answers.PlacesPlaces3Dict]


class ModelQuestions:
    """Every question about one model."""

    def _ask(self, reading: type[Reading], question: str, asked: dict[str, Any]) -> Any:
        raise NotImplementedError

    def model_info(
        self,
    ) -> ModelInfo:
        """One model.
        """
        asked: dict[str, Any] = {}
        return self._ask(ModelInfo, "modelInfo", asked)  # type: ignore[no-any-return]

    def neuron(
        self,
        layer: int,
        neuron: int,
        *,
        k: int | None = None,
        bottom: int | None = None,
        parts: str | Sequence[Literal["key", "up", "value"]] | None = None,
        expert: int | None = None,
        chance: bool | None = None,
        normalize: Literal["freq", "none", "cosine"] | None = None,
        fold_norm: bool | None = None,
        compare_fold: bool | None = None,
        embedding: Literal["unembed", "embed", "own"] | None = None,
        approximate: bool | None = None,
        label: Literal["pretty", "raw", "notebook"] | None = None,
        preview: bool | None = None,
        only_ascii: bool | None = None,
        only_english: bool | None = None,
        only_alnum: bool | None = None,
        exclude_brackets: bool | None = None,
        only_from: str | Sequence[str] | None = None,
        no_special: bool | None = None,
        no_padding: bool | None = None,
        compat: bool | None = None,
    ) -> NeuronReading:
        """A neuron as words.

        Reads neuron INDEX of a layer's feed-forward part: the tokens its key (and up row, in gated MLPs) answers to
        most, and the tokens its value writes.

        Args:
            layer: Counted from 0.
            neuron: Counted from 0.
            k: How many of the best tokens; default 50.
            bottom: How many of the worst tokens; default 0.
            parts: Which parts; default all there are.
            expert: Whose neuron, in a model with experts, the shared one counted last; default the first's.
            chance: Say of each list's first score what random directions or heads and shuffled words give.
            normalize: How scores are made comparable.
            fold_norm: Multiply the layer's norm gain into what reads the residual stream.
            compare_fold: Say of each listed entry where it stands with the norm folded in (or, with it, without).
            embedding: The matrix that vectors are read with; own: what is read with embed, what is written with
                unembed.
            approximate: A freq normaliser that is not cached may err a little (0.5 % at most, proved) where that is
                faster; says so.
            label: How tokens are written.
            preview: A freq normaliser that is not known yet from 1/32 of the vectors or fewer, at once; says so,
                with ± beside scores.
            only_ascii: ASCII characters alone.
            only_english: ASCII letters and digits, brackets at the ends aside.
            only_alnum: Letters and digits of any script.
            exclude_brackets: No brackets.
            only_from: Words with commas between: only these.
            no_special: No special tokens.
            no_padding: No rows of E that have no token.
            compat: Filter as the paper's notebook does, quirks included.
        """
        asked: dict[str, Any] = {
            "layer": layer,
            "neuron": neuron,
            "k": k,
            "bottom": bottom,
            "parts": parts,
            "expert": expert,
            "chance": chance,
            "normalize": normalize,
            "foldNorm": fold_norm,
            "compareFold": compare_fold,
            "embedding": embedding,
            "approximate": approximate,
            "label": label,
            "preview": preview,
            "onlyAscii": only_ascii,
            "onlyEnglish": only_english,
            "onlyAlnum": only_alnum,
            "excludeBrackets": exclude_brackets,
            "onlyFrom": only_from,
            "noSpecial": no_special,
            "noPadding": no_padding,
            "compat": compat,
        }
        return self._ask(NeuronReading, "neuron", asked)  # type: ignore[no-any-return]

    def histogram(
        self,
        layer: int,
        neuron: int,
        *,
        bins: int | None = None,
        parts: str | Sequence[Literal["key", "up", "value"]] | None = None,
        expert: int | None = None,
        normalize: Literal["freq", "none", "cosine"] | None = None,
        fold_norm: bool | None = None,
        compare_fold: bool | None = None,
        embedding: Literal["unembed", "embed", "own"] | None = None,
        approximate: bool | None = None,
        label: Literal["pretty", "raw", "notebook"] | None = None,
        only_ascii: bool | None = None,
        only_english: bool | None = None,
        only_alnum: bool | None = None,
        exclude_brackets: bool | None = None,
        only_from: str | Sequence[str] | None = None,
        no_special: bool | None = None,
        no_padding: bool | None = None,
        compat: bool | None = None,
    ) -> Histogram:
        """The distribution of a neuron's scores over all tokens.

        Args:
            layer: Counted from 0.
            neuron: Counted from 0.
            bins: Equal bins; default 80.
            parts: Which parts; default all there are.
            expert: Whose neuron, in a model with experts, the shared one counted last; default the first's.
            normalize: How scores are made comparable.
            fold_norm: Multiply the layer's norm gain into what reads the residual stream.
            compare_fold: Say of each listed entry where it stands with the norm folded in (or, with it, without).
            embedding: The matrix that vectors are read with; own: what is read with embed, what is written with
                unembed.
            approximate: A freq normaliser that is not cached may err a little (0.5 % at most, proved) where that is
                faster; says so.
            label: How tokens are written.
            only_ascii: ASCII characters alone.
            only_english: ASCII letters and digits, brackets at the ends aside.
            only_alnum: Letters and digits of any script.
            exclude_brackets: No brackets.
            only_from: Words with commas between: only these.
            no_special: No special tokens.
            no_padding: No rows of E that have no token.
            compat: Filter as the paper's notebook does, quirks included.
        """
        asked: dict[str, Any] = {
            "layer": layer,
            "neuron": neuron,
            "bins": bins,
            "parts": parts,
            "expert": expert,
            "normalize": normalize,
            "foldNorm": fold_norm,
            "compareFold": compare_fold,
            "embedding": embedding,
            "approximate": approximate,
            "label": label,
            "onlyAscii": only_ascii,
            "onlyEnglish": only_english,
            "onlyAlnum": only_alnum,
            "excludeBrackets": exclude_brackets,
            "onlyFrom": only_from,
            "noSpecial": no_special,
            "noPadding": no_padding,
            "compat": compat,
        }
        return self._ask(Histogram, "histogram", asked)  # type: ignore[no-any-return]

    def similar(
        self,
        layer: int,
        neuron: int,
        *,
        part: Literal["key", "up", "value"] | None = None,
        k: int | None = None,
        expert: int | None = None,
        by: Literal["vector", "list"] | None = None,
    ) -> Similar:
        """The neurons that are most like it, of all layers.

        Args:
            layer: Counted from 0.
            neuron: Counted from 0.
            part: Whose vector.
            k: How many; default 20.
            expert: Whose neuron, in a model with experts, the shared one counted last; default the first's.
            by: `list`: the cosine of listed scores, from the atlas (default with one); `vector`: of the vectors.
        """
        asked: dict[str, Any] = {
            "layer": layer,
            "neuron": neuron,
            "part": part,
            "k": k,
            "expert": expert,
            "by": by,
        }
        return self._ask(Similar, "similar", asked)  # type: ignore[no-any-return]

    def neuron_numbers(
        self,
        layer: int,
        neuron: int,
        *,
        part: Literal["key", "up", "value"] | None = None,
        expert: int | None = None,
        fold_norm: bool | None = None,
    ) -> RawVector:
        """The numbers of one of its vectors.

        Args:
            layer: Counted from 0.
            neuron: Counted from 0.
            part: Whose vector.
            expert: Whose neuron, in a model with experts, the shared one counted last; default the first's.
            fold_norm: Multiply the layer's norm gain into what reads the residual stream.
        """
        asked: dict[str, Any] = {
            "layer": layer,
            "neuron": neuron,
            "part": part,
            "expert": expert,
            "foldNorm": fold_norm,
        }
        return self._ask(RawVector, "neuronNumbers", asked)  # type: ignore[no-any-return]

    def token_map(
        self,
        layer: int,
        neuron: int,
        *,
        part: Literal["key", "up", "value"] | None = None,
        n: int | None = None,
        expert: int | None = None,
        normalize: Literal["freq", "none", "cosine"] | None = None,
        fold_norm: bool | None = None,
        compare_fold: bool | None = None,
        embedding: Literal["unembed", "embed", "own"] | None = None,
        approximate: bool | None = None,
        label: Literal["pretty", "raw", "notebook"] | None = None,
        only_ascii: bool | None = None,
        only_english: bool | None = None,
        only_alnum: bool | None = None,
        exclude_brackets: bool | None = None,
        only_from: str | Sequence[str] | None = None,
        no_special: bool | None = None,
        no_padding: bool | None = None,
        compat: bool | None = None,
    ) -> TokenMap:
        """The rows of E of its best tokens, to be laid out.

        Args:
            layer: Counted from 0.
            neuron: Counted from 0.
            part: Whose vector.
            n: How many tokens; default 300.
            expert: Whose neuron, in a model with experts, the shared one counted last; default the first's.
            normalize: How scores are made comparable.
            fold_norm: Multiply the layer's norm gain into what reads the residual stream.
            compare_fold: Say of each listed entry where it stands with the norm folded in (or, with it, without).
            embedding: The matrix that vectors are read with; own: what is read with embed, what is written with
                unembed.
            approximate: A freq normaliser that is not cached may err a little (0.5 % at most, proved) where that is
                faster; says so.
            label: How tokens are written.
            only_ascii: ASCII characters alone.
            only_english: ASCII letters and digits, brackets at the ends aside.
            only_alnum: Letters and digits of any script.
            exclude_brackets: No brackets.
            only_from: Words with commas between: only these.
            no_special: No special tokens.
            no_padding: No rows of E that have no token.
            compat: Filter as the paper's notebook does, quirks included.
        """
        asked: dict[str, Any] = {
            "layer": layer,
            "neuron": neuron,
            "part": part,
            "n": n,
            "expert": expert,
            "normalize": normalize,
            "foldNorm": fold_norm,
            "compareFold": compare_fold,
            "embedding": embedding,
            "approximate": approximate,
            "label": label,
            "onlyAscii": only_ascii,
            "onlyEnglish": only_english,
            "onlyAlnum": only_alnum,
            "excludeBrackets": exclude_brackets,
            "onlyFrom": only_from,
            "noSpecial": no_special,
            "noPadding": no_padding,
            "compat": compat,
        }
        return self._ask(TokenMap, "tokenMap", asked)  # type: ignore[no-any-return]

    def head(
        self,
        layer: int,
        head: int,
        *,
        matrix: str | Sequence[Literal["vo", "qk"]] | None = None,
        k: int | None = None,
        above: float | None = None,
        below: float | None = None,
        above_rank: int | None = None,
        count_only: bool | None = None,
        exclude_same: bool | None = None,
        exclude_fuzzy: bool | None = None,
        sort: Literal["vo", "qk"] | None = None,
        other: bool | None = None,
        per_first: int | None = None,
        per_second: int | None = None,
        ascending: bool | None = None,
        chance: bool | None = None,
        normalize: Literal["freq", "none", "cosine"] | None = None,
        fold_norm: bool | None = None,
        compare_fold: bool | None = None,
        embedding: Literal["unembed", "embed", "own"] | None = None,
        approximate: bool | None = None,
        label: Literal["pretty", "raw", "notebook"] | None = None,
        preview: bool | None = None,
        only_ascii: bool | None = None,
        only_english: bool | None = None,
        only_alnum: bool | None = None,
        exclude_brackets: bool | None = None,
        only_from: str | Sequence[str] | None = None,
        no_special: bool | None = None,
        no_padding: bool | None = None,
        compat: bool | None = None,
    ) -> HeadReading:
        """A head as pairs of words.

        Reads one attention head as token pairs. VO: when the head attends to the first token, it writes the second.
        QK: a query at the first token attends to a key at the second.

        Args:
            layer: Counted from 0.
            head: Counted from 0.
            matrix: Which, or both with a comma; default both.
            k: How many pairs to list; default 100.
            above: Only pairs with a higher score.
            below: Only pairs with a lower score.
            above_rank: Only pairs above the score of the nth best.
            count_only: Only the exact number of pairs.
            exclude_same: Leave out pairs of a word with itself.
            exclude_fuzzy: Leave out pairs of similar words.
            sort: Order by the scores of this matrix.
            other: Each pair's score in the other matrix too.
            per_first: At most so many pairs with one first token.
            per_second: At most so many pairs with one second token.
            ascending: Smallest first.
            chance: Say of each list's first score what random directions or heads and shuffled words give.
            normalize: How scores are made comparable.
            fold_norm: Multiply the layer's norm gain into what reads the residual stream.
            compare_fold: Say of each listed entry where it stands with the norm folded in (or, with it, without).
            embedding: The matrix that vectors are read with; own: what is read with embed, what is written with
                unembed.
            approximate: A freq normaliser that is not cached may err a little (0.5 % at most, proved) where that is
                faster; says so.
            label: How tokens are written.
            preview: A freq normaliser that is not known yet from 1/32 of the vectors or fewer, at once; says so,
                with ± beside scores.
            only_ascii: ASCII characters alone.
            only_english: ASCII letters and digits, brackets at the ends aside.
            only_alnum: Letters and digits of any script.
            exclude_brackets: No brackets.
            only_from: Words with commas between: only these.
            no_special: No special tokens.
            no_padding: No rows of E that have no token.
            compat: Filter as the paper's notebook does, quirks included.
        """
        asked: dict[str, Any] = {
            "layer": layer,
            "head": head,
            "matrix": matrix,
            "k": k,
            "above": above,
            "below": below,
            "aboveRank": above_rank,
            "countOnly": count_only,
            "excludeSame": exclude_same,
            "excludeFuzzy": exclude_fuzzy,
            "sort": sort,
            "other": other,
            "perFirst": per_first,
            "perSecond": per_second,
            "ascending": ascending,
            "chance": chance,
            "normalize": normalize,
            "foldNorm": fold_norm,
            "compareFold": compare_fold,
            "embedding": embedding,
            "approximate": approximate,
            "label": label,
            "preview": preview,
            "onlyAscii": only_ascii,
            "onlyEnglish": only_english,
            "onlyAlnum": only_alnum,
            "excludeBrackets": exclude_brackets,
            "onlyFrom": only_from,
            "noSpecial": no_special,
            "noPadding": no_padding,
            "compat": compat,
        }
        return self._ask(HeadReading, "head", asked)  # type: ignore[no-any-return]

    def pair_count(
        self,
        layer: int,
        head: int,
        *,
        matrix: Literal["vo", "qk"] | None = None,
        above: float | None = None,
        below: float | None = None,
        normalize: Literal["freq", "none", "cosine"] | None = None,
        fold_norm: bool | None = None,
        compare_fold: bool | None = None,
        embedding: Literal["unembed", "embed", "own"] | None = None,
        approximate: bool | None = None,
        label: Literal["pretty", "raw", "notebook"] | None = None,
        only_ascii: bool | None = None,
        only_english: bool | None = None,
        only_alnum: bool | None = None,
        exclude_brackets: bool | None = None,
        only_from: str | Sequence[str] | None = None,
        no_special: bool | None = None,
        no_padding: bool | None = None,
        compat: bool | None = None,
    ) -> PairCount:
        """The exact number of pairs between two scores; at once above the 100,000th score.

        Args:
            layer: Counted from 0.
            head: Counted from 0.
            matrix: Which of the two matrices.
            above: Only pairs with a higher score.
            below: Only pairs with a lower score.
            normalize: How scores are made comparable.
            fold_norm: Multiply the layer's norm gain into what reads the residual stream.
            compare_fold: Say of each listed entry where it stands with the norm folded in (or, with it, without).
            embedding: The matrix that vectors are read with; own: what is read with embed, what is written with
                unembed.
            approximate: A freq normaliser that is not cached may err a little (0.5 % at most, proved) where that is
                faster; says so.
            label: How tokens are written.
            only_ascii: ASCII characters alone.
            only_english: ASCII letters and digits, brackets at the ends aside.
            only_alnum: Letters and digits of any script.
            exclude_brackets: No brackets.
            only_from: Words with commas between: only these.
            no_special: No special tokens.
            no_padding: No rows of E that have no token.
            compat: Filter as the paper's notebook does, quirks included.
        """
        asked: dict[str, Any] = {
            "layer": layer,
            "head": head,
            "matrix": matrix,
            "above": above,
            "below": below,
            "normalize": normalize,
            "foldNorm": fold_norm,
            "compareFold": compare_fold,
            "embedding": embedding,
            "approximate": approximate,
            "label": label,
            "onlyAscii": only_ascii,
            "onlyEnglish": only_english,
            "onlyAlnum": only_alnum,
            "excludeBrackets": exclude_brackets,
            "onlyFrom": only_from,
            "noSpecial": no_special,
            "noPadding": no_padding,
            "compat": compat,
        }
        return self._ask(PairCount, "pairCount", asked)  # type: ignore[no-any-return]

    def score_curve(
        self,
        layer: int,
        head: int,
        *,
        matrix: Literal["vo", "qk"] | None = None,
        points: int | None = None,
        normalize: Literal["freq", "none", "cosine"] | None = None,
        fold_norm: bool | None = None,
        compare_fold: bool | None = None,
        embedding: Literal["unembed", "embed", "own"] | None = None,
        approximate: bool | None = None,
        label: Literal["pretty", "raw", "notebook"] | None = None,
        only_ascii: bool | None = None,
        only_english: bool | None = None,
        only_alnum: bool | None = None,
        exclude_brackets: bool | None = None,
        only_from: str | Sequence[str] | None = None,
        no_special: bool | None = None,
        no_padding: bool | None = None,
        compat: bool | None = None,
    ) -> ScoreCurve:
        """Scores by rank, for a slider.

        Args:
            layer: Counted from 0.
            head: Counted from 0.
            matrix: Which of the two matrices.
            points: Points of the curve; default 400.
            normalize: How scores are made comparable.
            fold_norm: Multiply the layer's norm gain into what reads the residual stream.
            compare_fold: Say of each listed entry where it stands with the norm folded in (or, with it, without).
            embedding: The matrix that vectors are read with; own: what is read with embed, what is written with
                unembed.
            approximate: A freq normaliser that is not cached may err a little (0.5 % at most, proved) where that is
                faster; says so.
            label: How tokens are written.
            only_ascii: ASCII characters alone.
            only_english: ASCII letters and digits, brackets at the ends aside.
            only_alnum: Letters and digits of any script.
            exclude_brackets: No brackets.
            only_from: Words with commas between: only these.
            no_special: No special tokens.
            no_padding: No rows of E that have no token.
            compat: Filter as the paper's notebook does, quirks included.
        """
        asked: dict[str, Any] = {
            "layer": layer,
            "head": head,
            "matrix": matrix,
            "points": points,
            "normalize": normalize,
            "foldNorm": fold_norm,
            "compareFold": compare_fold,
            "embedding": embedding,
            "approximate": approximate,
            "label": label,
            "onlyAscii": only_ascii,
            "onlyEnglish": only_english,
            "onlyAlnum": only_alnum,
            "excludeBrackets": exclude_brackets,
            "onlyFrom": only_from,
            "noSpecial": no_special,
            "noPadding": no_padding,
            "compat": compat,
        }
        return self._ask(ScoreCurve, "scoreCurve", asked)  # type: ignore[no-any-return]

    def head_row(
        self,
        layer: int,
        head: int,
        id: int,
        *,
        matrix: Literal["vo", "qk"] | None = None,
        side: Literal["first", "second"] | None = None,
        other: int | None = None,
        k: int | None = None,
        bottom: int | None = None,
        exclude_same: bool | None = None,
        exclude_fuzzy: bool | None = None,
        normalize: Literal["freq", "none", "cosine"] | None = None,
        fold_norm: bool | None = None,
        compare_fold: bool | None = None,
        embedding: Literal["unembed", "embed", "own"] | None = None,
        approximate: bool | None = None,
        label: Literal["pretty", "raw", "notebook"] | None = None,
        preview: bool | None = None,
        only_ascii: bool | None = None,
        only_english: bool | None = None,
        only_alnum: bool | None = None,
        exclude_brackets: bool | None = None,
        only_from: str | Sequence[str] | None = None,
        no_special: bool | None = None,
        no_padding: bool | None = None,
        compat: bool | None = None,
    ) -> HeadRow:
        """What a head does with one token: its row, or its column.

        Args:
            layer: Counted from 0.
            head: Counted from 0.
            id: The token, a row of E.
            matrix: Which of the two matrices.
            side: Where the token stands.
            other: The token on the other side: that pair alone.
            k: How many of the best; default 50.
            bottom: How many of the worst; default 0.
            exclude_same: Leave out pairs of a word with itself.
            exclude_fuzzy: Leave out pairs of similar words.
            normalize: How scores are made comparable.
            fold_norm: Multiply the layer's norm gain into what reads the residual stream.
            compare_fold: Say of each listed entry where it stands with the norm folded in (or, with it, without).
            embedding: The matrix that vectors are read with; own: what is read with embed, what is written with
                unembed.
            approximate: A freq normaliser that is not cached may err a little (0.5 % at most, proved) where that is
                faster; says so.
            label: How tokens are written.
            preview: A freq normaliser that is not known yet from 1/32 of the vectors or fewer, at once; says so,
                with ± beside scores.
            only_ascii: ASCII characters alone.
            only_english: ASCII letters and digits, brackets at the ends aside.
            only_alnum: Letters and digits of any script.
            exclude_brackets: No brackets.
            only_from: Words with commas between: only these.
            no_special: No special tokens.
            no_padding: No rows of E that have no token.
            compat: Filter as the paper's notebook does, quirks included.
        """
        asked: dict[str, Any] = {
            "layer": layer,
            "head": head,
            "matrix": matrix,
            "id": id,
            "side": side,
            "other": other,
            "k": k,
            "bottom": bottom,
            "excludeSame": exclude_same,
            "excludeFuzzy": exclude_fuzzy,
            "normalize": normalize,
            "foldNorm": fold_norm,
            "compareFold": compare_fold,
            "embedding": embedding,
            "approximate": approximate,
            "label": label,
            "preview": preview,
            "onlyAscii": only_ascii,
            "onlyEnglish": only_english,
            "onlyAlnum": only_alnum,
            "excludeBrackets": exclude_brackets,
            "onlyFrom": only_from,
            "noSpecial": no_special,
            "noPadding": no_padding,
            "compat": compat,
        }
        return self._ask(HeadRow, "headRow", asked)  # type: ignore[no-any-return]

    def spectrum(
        self,
        layer: int,
        head: int,
        *,
        matrix: Literal["vo", "qk"] | None = None,
        directions: int | None = None,
        k: int | None = None,
        gap: float | None = None,
        fold_norm: bool | None = None,
        embedding: Literal["unembed", "embed", "own"] | None = None,
        label: Literal["pretty", "raw", "notebook"] | None = None,
        only_ascii: bool | None = None,
        only_english: bool | None = None,
        only_alnum: bool | None = None,
        exclude_brackets: bool | None = None,
        only_from: str | Sequence[str] | None = None,
        no_special: bool | None = None,
        no_padding: bool | None = None,
        compat: bool | None = None,
    ) -> Spectrum:
        """Singular values, and directions as words.

        Args:
            layer: Counted from 0.
            head: Counted from 0.
            matrix: Which of the two matrices.
            directions: How many directions to read; default 5.
            k: Tokens at each end; default 20.
            gap: Neighbours closer than this share of the largest are one span; default 0.01.
            fold_norm: Multiply the layer's norm gain into what reads the residual stream.
            embedding: The matrix that vectors are read with; own: what is read with embed, what is written with
                unembed.
            label: How tokens are written.
            only_ascii: ASCII characters alone.
            only_english: ASCII letters and digits, brackets at the ends aside.
            only_alnum: Letters and digits of any script.
            exclude_brackets: No brackets.
            only_from: Words with commas between: only these.
            no_special: No special tokens.
            no_padding: No rows of E that have no token.
            compat: Filter as the paper's notebook does, quirks included.
        """
        asked: dict[str, Any] = {
            "layer": layer,
            "head": head,
            "matrix": matrix,
            "directions": directions,
            "k": k,
            "gap": gap,
            "foldNorm": fold_norm,
            "embedding": embedding,
            "label": label,
            "onlyAscii": only_ascii,
            "onlyEnglish": only_english,
            "onlyAlnum": only_alnum,
            "excludeBrackets": exclude_brackets,
            "onlyFrom": only_from,
            "noSpecial": no_special,
            "noPadding": no_padding,
            "compat": compat,
        }
        return self._ask(Spectrum, "spectrum", asked)  # type: ignore[no-any-return]

    def head_statistics(
        self,
        layer: int,
        head: int,
        *,
        matrix: Literal["vo", "qk"] | None = None,
        normalize: Literal["freq", "none", "cosine"] | None = None,
        fold_norm: bool | None = None,
        compare_fold: bool | None = None,
        embedding: Literal["unembed", "embed", "own"] | None = None,
        approximate: bool | None = None,
        label: Literal["pretty", "raw", "notebook"] | None = None,
    ) -> HeadStatistics:
        """Copying, own places and relations, each with its nulls.

        Args:
            layer: Counted from 0.
            head: Counted from 0.
            matrix: Which of the two matrices.
            normalize: How scores are made comparable.
            fold_norm: Multiply the layer's norm gain into what reads the residual stream.
            compare_fold: Say of each listed entry where it stands with the norm folded in (or, with it, without).
            embedding: The matrix that vectors are read with; own: what is read with embed, what is written with
                unembed.
            approximate: A freq normaliser that is not cached may err a little (0.5 % at most, proved) where that is
                faster; says so.
            label: How tokens are written.
        """
        asked: dict[str, Any] = {
            "layer": layer,
            "head": head,
            "matrix": matrix,
            "normalize": normalize,
            "foldNorm": fold_norm,
            "compareFold": compare_fold,
            "embedding": embedding,
            "approximate": approximate,
            "label": label,
        }
        return self._ask(HeadStatistics, "headStatistics", asked)  # type: ignore[no-any-return]

    def heat_map(
        self,
        layer: int,
        head: int,
        *,
        matrix: Literal["vo", "qk"] | None = None,
        rows: int | None = None,
        columns: int | None = None,
        exclude_same: bool | None = None,
        exclude_fuzzy: bool | None = None,
        normalize: Literal["freq", "none", "cosine"] | None = None,
        fold_norm: bool | None = None,
        compare_fold: bool | None = None,
        embedding: Literal["unembed", "embed", "own"] | None = None,
        approximate: bool | None = None,
        label: Literal["pretty", "raw", "notebook"] | None = None,
        only_ascii: bool | None = None,
        only_english: bool | None = None,
        only_alnum: bool | None = None,
        exclude_brackets: bool | None = None,
        only_from: str | Sequence[str] | None = None,
        no_special: bool | None = None,
        no_padding: bool | None = None,
        compat: bool | None = None,
    ) -> HeatMap:
        """Scores of the strongest first tokens with the strongest second tokens.

        Args:
            layer: Counted from 0.
            head: Counted from 0.
            matrix: Which of the two matrices.
            rows: First tokens; default 24.
            columns: Second tokens; default 24.
            exclude_same: Leave out pairs of a word with itself.
            exclude_fuzzy: Leave out pairs of similar words.
            normalize: How scores are made comparable.
            fold_norm: Multiply the layer's norm gain into what reads the residual stream.
            compare_fold: Say of each listed entry where it stands with the norm folded in (or, with it, without).
            embedding: The matrix that vectors are read with; own: what is read with embed, what is written with
                unembed.
            approximate: A freq normaliser that is not cached may err a little (0.5 % at most, proved) where that is
                faster; says so.
            label: How tokens are written.
            only_ascii: ASCII characters alone.
            only_english: ASCII letters and digits, brackets at the ends aside.
            only_alnum: Letters and digits of any script.
            exclude_brackets: No brackets.
            only_from: Words with commas between: only these.
            no_special: No special tokens.
            no_padding: No rows of E that have no token.
            compat: Filter as the paper's notebook does, quirks included.
        """
        asked: dict[str, Any] = {
            "layer": layer,
            "head": head,
            "matrix": matrix,
            "rows": rows,
            "columns": columns,
            "excludeSame": exclude_same,
            "excludeFuzzy": exclude_fuzzy,
            "normalize": normalize,
            "foldNorm": fold_norm,
            "compareFold": compare_fold,
            "embedding": embedding,
            "approximate": approximate,
            "label": label,
            "onlyAscii": only_ascii,
            "onlyEnglish": only_english,
            "onlyAlnum": only_alnum,
            "excludeBrackets": exclude_brackets,
            "onlyFrom": only_from,
            "noSpecial": no_special,
            "noPadding": no_padding,
            "compat": compat,
        }
        return self._ask(HeatMap, "heatMap", asked)  # type: ignore[no-any-return]

    def vector(
        self,
        expression: str,
        *,
        k: int | None = None,
        bottom: int | None = None,
        chance: bool | None = None,
        normalize: Literal["freq", "none", "cosine"] | None = None,
        fold_norm: bool | None = None,
        compare_fold: bool | None = None,
        embedding: Literal["unembed", "embed", "own"] | None = None,
        approximate: bool | None = None,
        label: Literal["pretty", "raw", "notebook"] | None = None,
        preview: bool | None = None,
        only_ascii: bool | None = None,
        only_english: bool | None = None,
        only_alnum: bool | None = None,
        exclude_brackets: bool | None = None,
        only_from: str | Sequence[str] | None = None,
        no_special: bool | None = None,
        no_padding: bool | None = None,
        compat: bool | None = None,
    ) -> VectorReading:
        """Any vector as words, arithmetic included.

        Args:
            expression: Such as ff:0:381.value - tok:" king".
            k: How many of the best tokens; default 50.
            bottom: How many of the worst tokens; default 0.
            chance: Say of each list's first score what random directions or heads and shuffled words give.
            normalize: How scores are made comparable.
            fold_norm: Multiply the layer's norm gain into what reads the residual stream.
            compare_fold: Say of each listed entry where it stands with the norm folded in (or, with it, without).
            embedding: The matrix that vectors are read with; own: what is read with embed, what is written with
                unembed.
            approximate: A freq normaliser that is not cached may err a little (0.5 % at most, proved) where that is
                faster; says so.
            label: How tokens are written.
            preview: A freq normaliser that is not known yet from 1/32 of the vectors or fewer, at once; says so,
                with ± beside scores.
            only_ascii: ASCII characters alone.
            only_english: ASCII letters and digits, brackets at the ends aside.
            only_alnum: Letters and digits of any script.
            exclude_brackets: No brackets.
            only_from: Words with commas between: only these.
            no_special: No special tokens.
            no_padding: No rows of E that have no token.
            compat: Filter as the paper's notebook does, quirks included.
        """
        asked: dict[str, Any] = {
            "expression": expression,
            "k": k,
            "bottom": bottom,
            "chance": chance,
            "normalize": normalize,
            "foldNorm": fold_norm,
            "compareFold": compare_fold,
            "embedding": embedding,
            "approximate": approximate,
            "label": label,
            "preview": preview,
            "onlyAscii": only_ascii,
            "onlyEnglish": only_english,
            "onlyAlnum": only_alnum,
            "excludeBrackets": exclude_brackets,
            "onlyFrom": only_from,
            "noSpecial": no_special,
            "noPadding": no_padding,
            "compat": compat,
        }
        return self._ask(VectorReading, "vector", asked)  # type: ignore[no-any-return]

    def tokens(
        self,
        *,
        text: str | None = None,
        prefix: str | None = None,
        like: str | None = None,
        only: Literal["special", "padding"] | None = None,
        k: int | None = None,
        label: Literal["pretty", "raw", "notebook"] | None = None,
        embedding: Literal["unembed", "embed", "own"] | None = None,
        only_ascii: bool | None = None,
        only_english: bool | None = None,
        only_alnum: bool | None = None,
        exclude_brackets: bool | None = None,
        only_from: str | Sequence[str] | None = None,
        no_special: bool | None = None,
        no_padding: bool | None = None,
        compat: bool | None = None,
    ) -> Tokens:
        """Tokens by text, by meaning, by class (the filters).

        Args:
            text: Exactly this text, a leading space included.
            prefix: Beginning so, case and a leading space aside.
            like: Nearest in embedding space to the token of this text, or #id.
            only: Only tokens of this class.
            k: How many; default 50.
            label: How tokens are written.
            embedding: The matrix that vectors are read with; own: what is read with embed, what is written with
                unembed.
            only_ascii: ASCII characters alone.
            only_english: ASCII letters and digits, brackets at the ends aside.
            only_alnum: Letters and digits of any script.
            exclude_brackets: No brackets.
            only_from: Words with commas between: only these.
            no_special: No special tokens.
            no_padding: No rows of E that have no token.
            compat: Filter as the paper's notebook does, quirks included.
        """
        asked: dict[str, Any] = {
            "text": text,
            "prefix": prefix,
            "like": like,
            "only": only,
            "k": k,
            "label": label,
            "embedding": embedding,
            "onlyAscii": only_ascii,
            "onlyEnglish": only_english,
            "onlyAlnum": only_alnum,
            "excludeBrackets": exclude_brackets,
            "onlyFrom": only_from,
            "noSpecial": no_special,
            "noPadding": no_padding,
            "compat": compat,
        }
        return self._ask(Tokens, "tokens", asked)  # type: ignore[no-any-return]

    def token(
        self,
        id: int,
        *,
        k: int | None = None,
        normalize: Literal["freq", "none", "cosine"] | None = None,
        fold_norm: bool | None = None,
        compare_fold: bool | None = None,
        embedding: Literal["unembed", "embed", "own"] | None = None,
        approximate: bool | None = None,
        label: Literal["pretty", "raw", "notebook"] | None = None,
        preview: bool | None = None,
    ) -> TokenReport:
        """A token: its neighbours, the neurons that read and write it, the heads that copy, suppress and attend to it.

        Args:
            id: A row of E.
            k: How many of each; default 20.
            normalize: How scores are made comparable.
            fold_norm: Multiply the layer's norm gain into what reads the residual stream.
            compare_fold: Say of each listed entry where it stands with the norm folded in (or, with it, without).
            embedding: The matrix that vectors are read with; own: what is read with embed, what is written with
                unembed.
            approximate: A freq normaliser that is not cached may err a little (0.5 % at most, proved) where that is
                faster; says so.
            label: How tokens are written.
            preview: A freq normaliser that is not known yet from 1/32 of the vectors or fewer, at once; says so,
                with ± beside scores.
        """
        asked: dict[str, Any] = {
            "id": id,
            "k": k,
            "normalize": normalize,
            "foldNorm": fold_norm,
            "compareFold": compare_fold,
            "embedding": embedding,
            "approximate": approximate,
            "label": label,
            "preview": preview,
        }
        return self._ask(TokenReport, "token", asked)  # type: ignore[no-any-return]

    def statistic_rows(
        self,
        *,
        of: Literal["heads", "neurons"] | None = None,
        layers: str | int | Sequence[int] | None = None,
        embedding: Literal["unembed", "embed", "own"] | None = None,
        fold_norm: bool | None = None,
    ) -> StatisticRows:
        """Every statistic of every neuron or head beside its nulls, with p and q, from the weights.

        Measures every head (or neuron) of a model as an atlas with statistics does, without one: each number beside
        its nulls, with p, and with q, the false discoveries to expect among all that were measured.
        docs/statistics.md says what each is.

        Args:
            of: Of what.
            layers: Only of these layers, such as 0,2-3.
            embedding: The matrix that vectors are read with; own: what is read with embed, what is written with
                unembed.
            fold_norm: Multiply the layer's norm gain into what reads the residual stream.
        """
        asked: dict[str, Any] = {
            "of": of,
            "layers": layers,
            "embedding": embedding,
            "foldNorm": fold_norm,
        }
        return self._ask(StatisticRows, "statisticRows", asked)  # type: ignore[no-any-return]

    def vocabulary_map(
        self,
        *,
        expression: str | None = None,
        normalize: Literal["freq", "none", "cosine"] | None = None,
        embedding: Literal["unembed", "embed", "own"] | None = None,
        label: Literal["pretty", "raw", "notebook"] | None = None,
    ) -> VocabularyMap:
        """A map of the whole vocabulary, with the scores of a vector where one is given.

        Args:
            expression: Such as ff:0:381.value: every token gets its score.
            normalize: How scores are made comparable.
            embedding: The matrix that vectors are read with; own: what is read with embed, what is written with
                unembed.
            label: How tokens are written.
        """
        asked: dict[str, Any] = {
            "expression": expression,
            "normalize": normalize,
            "embedding": embedding,
            "label": label,
        }
        return self._ask(VocabularyMap, "vocabularyMap", asked)  # type: ignore[no-any-return]

    def statistic_names(
        self,
        kind: Literal["neurons", "heads"],
    ) -> StatisticNames:
        """The statistics there are.

        Args:
            kind: Of what.
        """
        asked: dict[str, Any] = {
            "kind": kind,
        }
        return self._ask(StatisticNames, "statisticNames", asked)  # type: ignore[no-any-return]

    def statistic(
        self,
        kind: Literal["neurons", "heads"],
        name: str,
    ) -> Statistic:
        """One number for every neuron or head of the model, with quartiles by layer.

        Args:
            kind: Of what.
            name: Which.
        """
        asked: dict[str, Any] = {
            "kind": kind,
            "name": name,
        }
        return self._ask(Statistic, "statistic", asked)  # type: ignore[no-any-return]

    def search(
        self,
        q: str,
        *,
        parts: str | Sequence[Literal["key", "up", "value", "vo", "qk"]] | None = None,
        sign: Literal["+", "-"] | None = None,
        k: int | None = None,
    ) -> SearchResult:
        """Neurons and heads for words.

        Args:
            q: king, " king", king*, /ing$/, king queen, king OR queen.
            parts: Only these.
            sign: Only largest (+) or smallest (-) scores.
            k: How many of each kind; default 20.
        """
        asked: dict[str, Any] = {
            "q": q,
            "parts": parts,
            "sign": sign,
            "k": k,
        }
        return self._ask(SearchResult, "search", asked)  # type: ignore[no-any-return]

    def sql(
        self,
        q: str,
        *,
        limit: int | None = None,
    ) -> Rows:
        """The rows of one SELECT.

        Args:
            q: One SELECT in DuckDB’s SQL.
            limit: At most so many rows; default 10,000.
        """
        asked: dict[str, Any] = {
            "q": q,
            "limit": limit,
        }
        return self._ask(Rows, "sql", asked)  # type: ignore[no-any-return]

    def tables(
        self,
    ) -> Tables:
        """Its tables.
        """
        asked: dict[str, Any] = {}
        return self._ask(Tables, "tables", asked)  # type: ignore[no-any-return]

    def neuron_rows(
        self,
        *,
        sort: str | None = None,
        part: Literal["key", "up", "value"] | None = None,
        layer: int | None = None,
        ascending: bool | None = None,
        k: int | None = None,
    ) -> NeuronRows:
        """Neurons in order of a number.

        Args:
            sort: norm (default), best, worst, a column of neuron_stats.
            part: Only this.
            layer: Of one layer.
            ascending: Smallest first.
            k: How many; default 20.
        """
        asked: dict[str, Any] = {
            "sort": sort,
            "part": part,
            "layer": layer,
            "ascending": ascending,
            "k": k,
        }
        return self._ask(NeuronRows, "neuronRows", asked)  # type: ignore[no-any-return]

    def head_rows(
        self,
        *,
        sort: str | None = None,
        matrix: Literal["vo", "qk"] | None = None,
        layer: int | None = None,
        ascending: bool | None = None,
        k: int | None = None,
    ) -> HeadRows:
        """Heads in order of a number.

        Args:
            sort: best (default), worst, a column of head_stats.
            matrix: Only this.
            layer: Of one layer.
            ascending: Smallest first.
            k: How many; default 20.
        """
        asked: dict[str, Any] = {
            "sort": sort,
            "matrix": matrix,
            "layer": layer,
            "ascending": ascending,
            "k": k,
        }
        return self._ask(HeadRows, "headRows", asked)  # type: ignore[no-any-return]

    def relations(
        self,
        *,
        pairs: str | None = None,
        layers: str | int | Sequence[int] | None = None,
        matrix: Literal["vo", "qk"] | None = None,
        among: int | None = None,
        suppressed: bool | None = None,
        k: int | None = None,
        normalize: Literal["freq", "none", "cosine"] | None = None,
        fold_norm: bool | None = None,
        embedding: Literal["unembed", "embed", "own"] | None = None,
        approximate: bool | None = None,
    ) -> Relations:
        """Heads by how strongly they turn words into others.

        Scores every head by the share of word pairs whose second word is among the first word’s best (MAPS, Elhelo
        and Geva 2025), beside what random heads and shuffled pairs give. Without a file: the pairs that ship with
        weightscope, capitals, plurals, past tense, opposites, first letter. A file is JSON: {"capitals":
        [["France", "Paris"], …], …}.

        Args:
            pairs: Word pairs by relation, as JSON: {"capitals": [["France", "Paris"]]}.
            layers: Only the heads of these layers, such as 0,2-3.
            matrix: Whose best tokens.
            among: A pair counts when its second word is among so many best tokens; default 10.
            suppressed: Order by the share among the worst tokens instead.
            k: How many heads per relation; default 5.
            normalize: How scores are made comparable.
            fold_norm: Multiply the layer's norm gain into what reads the residual stream.
            embedding: The matrix that vectors are read with; own: what is read with embed, what is written with
                unembed.
            approximate: A freq normaliser that is not cached may err a little (0.5 % at most, proved) where that is
                faster; says so.
        """
        asked: dict[str, Any] = {
            "pairs": pairs,
            "layers": layers,
            "matrix": matrix,
            "among": among,
            "suppressed": suppressed,
            "k": k,
            "normalize": normalize,
            "foldNorm": fold_norm,
            "embedding": embedding,
            "approximate": approximate,
        }
        return self._ask(Relations, "relations", asked)  # type: ignore[no-any-return]

    def relation_rows(
        self,
        *,
        relation: str | None = None,
        sort: str | None = None,
        layer: int | None = None,
        ascending: bool | None = None,
        k: int | None = None,
    ) -> RelationRows:
        """Heads of an atlas by how strongly they implement a relation between words.

        Args:
            relation: Only this, such as capitals.
            sort: promoted, suppressed, or either with _p, _q, _above, _copying_p ….
            layer: Of one layer.
            ascending: Smallest first.
            k: How many; default 20.
        """
        asked: dict[str, Any] = {
            "relation": relation,
            "sort": sort,
            "layer": layer,
            "ascending": ascending,
            "k": k,
        }
        return self._ask(RelationRows, "relationRows", asked)  # type: ignore[no-any-return]

    def compositions(
        self,
        *,
        from_: str | tuple[int, int] | None = None,
        to: str | tuple[int, int] | None = None,
        kind: Literal["q", "k", "v"] | None = None,
        sort: Literal["score", "z", "p"] | None = None,
        ascending: bool | None = None,
        k: int | None = None,
    ) -> CompositionRows:
        """Pairs of heads by how much of what one writes the other reads.

        Args:
            from_: Only what this head writes, LAYER:HEAD.
            to: Only what this head reads.
            kind: Only as query, key or value.
            sort: In order of.
            ascending: Smallest first.
            k: How many; default 20.
        """
        asked: dict[str, Any] = {
            "from": from_,
            "to": to,
            "kind": kind,
            "sort": sort,
            "ascending": ascending,
            "k": k,
        }
        return self._ask(CompositionRows, "compositions", asked)  # type: ignore[no-any-return]

    def diff(
        self,
        second: Model | str,
        *,
        k: int | None = None,
        neurons: int | None = None,
        heads: int | None = None,
        intruders: bool | None = None,
        words: int | None = None,
        normalize: Literal["freq", "none", "cosine"] | None = None,
        only_ascii: bool | None = None,
        only_english: bool | None = None,
        only_alnum: bool | None = None,
        exclude_brackets: bool | None = None,
        only_from: str | Sequence[str] | None = None,
        no_special: bool | None = None,
        no_padding: bool | None = None,
        compat: bool | None = None,
    ) -> ModelDiff:
        """What differs between two models, in numbers and in words.

        Args:
            second: The id of the other opened model.
            k: How many tokens or pairs of each list; default 5.
            neurons: How many of the neurons that changed most; default 6.
            heads: How many of the heads, and of the directions, that changed most; default 3.
            intruders: Look for intruder dimensions in models of any width.
            words: Compare the first words of so many neurons of each layer and part.
            normalize: How scores are made comparable.
            only_ascii: ASCII characters alone.
            only_english: ASCII letters and digits, brackets at the ends aside.
            only_alnum: Letters and digits of any script.
            exclude_brackets: No brackets.
            only_from: Words with commas between: only these.
            no_special: No special tokens.
            no_padding: No rows of E that have no token.
            compat: Filter as the paper's notebook does, quirks included.
        """
        asked: dict[str, Any] = {
            "second": second,
            "k": k,
            "neurons": neurons,
            "heads": heads,
            "intruders": intruders,
            "words": words,
            "normalize": normalize,
            "onlyAscii": only_ascii,
            "onlyEnglish": only_english,
            "onlyAlnum": only_alnum,
            "excludeBrackets": exclude_brackets,
            "onlyFrom": only_from,
            "noSpecial": no_special,
            "noPadding": no_padding,
            "compat": compat,
        }
        return self._ask(ModelDiff, "diff", asked)  # type: ignore[no-any-return]

    def head_change(
        self,
        layer: int,
        head: int,
        second: Model | str,
        *,
        matrix: Literal["vo", "qk"] | None = None,
        k: int | None = None,
        normalize: Literal["freq", "none", "cosine"] | None = None,
        only_ascii: bool | None = None,
        only_english: bool | None = None,
        only_alnum: bool | None = None,
        exclude_brackets: bool | None = None,
        only_from: str | Sequence[str] | None = None,
        no_special: bool | None = None,
        no_padding: bool | None = None,
        compat: bool | None = None,
    ) -> HeadChange:
        """What changed in one head between two models: the pairs that rose most and fell most.

        Args:
            layer: Counted from 0.
            head: Counted from 0.
            second: The id of the other opened model.
            matrix: Which of its matrices.
            k: How many pairs of each end; default 8.
            normalize: How scores are made comparable.
            only_ascii: ASCII characters alone.
            only_english: ASCII letters and digits, brackets at the ends aside.
            only_alnum: Letters and digits of any script.
            exclude_brackets: No brackets.
            only_from: Words with commas between: only these.
            no_special: No special tokens.
            no_padding: No rows of E that have no token.
            compat: Filter as the paper's notebook does, quirks included.
        """
        asked: dict[str, Any] = {
            "layer": layer,
            "head": head,
            "second": second,
            "matrix": matrix,
            "k": k,
            "normalize": normalize,
            "onlyAscii": only_ascii,
            "onlyEnglish": only_english,
            "onlyAlnum": only_alnum,
            "excludeBrackets": exclude_brackets,
            "onlyFrom": only_from,
            "noSpecial": no_special,
            "noPadding": no_padding,
            "compat": compat,
        }
        return self._ask(HeadChange, "headChange", asked)  # type: ignore[no-any-return]

    def doctor(
        self,
        *,
        examples: int | None = None,
    ) -> Health:
        """The health of a model’s vocabulary and weights.

        Args:
            examples: How many examples of each finding; default 10.
        """
        asked: dict[str, Any] = {
            "examples": examples,
        }
        return self._ask(Health, "doctor", asked)  # type: ignore[no-any-return]

    def align(
        self,
        second: Model | str,
        *,
        kind: Literal["key", "up", "value", "q", "k", "v", "o"] | None = None,
        by: Literal["embedding", "feature"] | None = None,
        k: int | None = None,
        neurons: bool | None = None,
        sample: int | None = None,
        draws: int | None = None,
        seed: int | None = None,
        embedding: Literal["unembed", "embed", "own"] | None = None,
        fold_norm: bool | None = None,
    ) -> Alignment:
        """Two models’ layers aligned over the tokens they share.

        Correlates the scores that vectors of two models give to the tokens that both have, all pairs of vectors,
        and shows the mean of |correlation| for each layer of MODEL (rows) and of OTHER (columns), with the matching
        of layers. -o heat.svg draws it.

        Args:
            second: The id of the other opened model.
            kind: Which vectors are compared.
            by: What is correlated: scores for the shared tokens, or the vectors’ own numbers.
            k: How many of the best matched vectors; default 10.
            neurons: Match the vectors of matched layers one to one, too.
            sample: At most so many vectors of a layer, drawn at random; default all.
            draws: How many permuted vocabularies the p-values stand against; 0: none; default 99.
            seed: Which random draws; default 0.
            embedding: The matrix that vectors are read with; own: what is read with embed, what is written with
                unembed.
            fold_norm: Multiply the layer's norm gain into what reads the residual stream.
        """
        asked: dict[str, Any] = {
            "second": second,
            "kind": kind,
            "by": by,
            "k": k,
            "neurons": neurons,
            "sample": sample,
            "draws": draws,
            "seed": seed,
            "embedding": embedding,
            "foldNorm": fold_norm,
        }
        return self._ask(Alignment, "align", asked)  # type: ignore[no-any-return]

    def kinship(
        self,
        second: Model | str,
        *,
        sample: int | None = None,
        draws: int | None = None,
        seed: int | None = None,
        pairs: bool | None = None,
        embedding: Literal["unembed", "embed", "own"] | None = None,
    ) -> Kinship:
        """Whether two models stem from one another, by their weights.

        Matches neurons of two models by their weights and tests whether the matching keeps their order, or is the
        same by two vectors of each neuron (Zhu et al. 2025, Independence Tests for Language Models), with distances
        by layer.

        Args:
            second: The id of the other opened model.
            sample: Neurons of a layer that are matched, drawn at random; default 256.
            draws: How many permuted bases the p-values stand against; 0: none; default 99.
            seed: Which random draws; default 0.
            pairs: Match every layer of the first with every one of the second, as where they have not as many
                layers.
            embedding: The matrix that vectors are read with; own: what is read with embed, what is written with
                unembed.
        """
        asked: dict[str, Any] = {
            "second": second,
            "sample": sample,
            "draws": draws,
            "seed": seed,
            "pairs": pairs,
            "embedding": embedding,
        }
        return self._ask(Kinship, "kinship", asked)  # type: ignore[no-any-return]

    def stitch(
        self,
        second: Model | str,
        *,
        seed: int | None = None,
        embedding: Literal["unembed", "embed"] | None = None,
    ) -> Stitch:
        """Linear maps from one model’s space to another’s.

        Args:
            second: The id of the other opened model.
            seed: Which vectors are tried; default 0.
            embedding: The table that ties both models.
        """
        asked: dict[str, Any] = {
            "second": second,
            "seed": seed,
            "embedding": embedding,
        }
        return self._ask(Stitch, "stitch", asked)  # type: ignore[no-any-return]

    def resolve(
        self,
        q: str,
        *,
        k: int | None = None,
    ) -> Places:
        """Where a person wants to go: neuron 28:100, head 23:9, a word, an expression.

        Args:
            q: What was typed.
            k: How many tokens; default 8.
        """
        asked: dict[str, Any] = {
            "q": q,
            "k": k,
        }
        return self._ask(Places, "resolve", asked)  # type: ignore[no-any-return]


class SessionQuestions:
    """Every question that is not about one model alone."""

    def _ask(self, reading: type[Reading], question: str, asked: dict[str, Any]) -> Any:
        raise NotImplementedError

    def models(
        self,
    ) -> Models:
        """The opened models.
        """
        asked: dict[str, Any] = {}
        return self._ask(Models, "models", asked)  # type: ignore[no-any-return]

    def compare(
        self,
        a: Model | str,
        b: Model | str,
        *,
        among: int | None = None,
        k: int | None = None,
    ) -> Comparison:
        """What two models share, and what their atlases have different.

        Args:
            a: The id of model A.
            b: The id of model B.
            among: Tokens and pairs of each list that are compared; default 20.
            k: How many of each kind; default 20.
        """
        asked: dict[str, Any] = {
            "a": a,
            "b": b,
            "among": among,
            "k": k,
        }
        return self._ask(Comparison, "compare", asked)  # type: ignore[no-any-return]
