"""Code system URIs and their aliases. Allowed to know: spellings of systems and codes; nothing clinical."""

import re
from functools import lru_cache

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
RXNORM_OID = "urn:oid:2.16.840.1.113883.6.88"
ATC = "http://www.whocc.no/atc"
DMD = "https://dmd.nhs.uk"
UNII = "http://fdasis.nlm.nih.gov"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD_10_WHO = "http://hl7.org/fhir/sid/icd-10"
ICD_10_PCS = "http://www.cms.gov/Medicare/Coding/ICD10"
V3_ROUTE = "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration"
V3_SITE = "http://terminology.hl7.org/CodeSystem/v3-ActSite"

# Where a code that the tables do not list is another medicine, and not perhaps one of ours under a code of the site.
MEDICINE_SYSTEMS = frozenset({SNOMED, RXNORM, ATC, DMD, UNII, HCPCS})

# The two ICD tables never share a row: the same code can mean different things (terminology.md 2).
PREFIXED = frozenset({ICD_10_CM, ICD_10_WHO})

_ALIASES: dict[str, tuple[str, ...]] = {
    SNOMED: ("urn:oid:2.16.840.1.113883.6.96", "http://snomed.info/id"),
    LOINC: ("urn:oid:2.16.840.1.113883.6.1", "http://loinc.org/rdf"),
    RXNORM: (RXNORM_OID,),
    ATC: ("urn:oid:2.16.840.1.113883.6.73",),
    DMD: (),
    UNII: ("urn:oid:2.16.840.1.113883.4.9",),
    HCPCS: ("http://www.nlm.nih.gov/research/umls/hcpcs", "urn:oid:2.16.840.1.113883.6.285"),
    ICD_10_CM: ("http://terminology.hl7.org/CodeSystem/icd10CM", "urn:oid:2.16.840.1.113883.6.90"),
    ICD_10_WHO: ("http://terminology.hl7.org/CodeSystem/icd10", "urn:oid:2.16.840.1.113883.6.3"),
    ICD_10_PCS: (
        "http://terminology.hl7.org/CodeSystem/icd10PCS",
        "http://hl7.org/fhir/sid/icd-10-pcs",
        "urn:oid:2.16.840.1.113883.6.4",
    ),
    V3_ROUTE: ("http://hl7.org/fhir/v3/RouteOfAdministration", "urn:oid:2.16.840.1.113883.5.112"),
    V3_SITE: ("http://hl7.org/fhir/v3/ActSite", "urn:oid:2.16.840.1.113883.5.1052"),
}


def _folded(uri: str) -> str:
    """Case, scheme and trailing slash carry no meaning in these URIs; a bare OID is read as urn:oid."""
    text = uri.strip().rstrip("/").lower()
    if text.startswith("https://"):
        text = "http://" + text.removeprefix("https://")
    return f"urn:oid:{text}" if text.startswith("2.16.840.") else text


_BY_ALIAS = {_folded(alias): system for system, aliases in _ALIASES.items() for alias in (system, *aliases)}
# An edition or version after the SNOMED CT URI still names SNOMED CT.
_SNOMED_EDITION = re.compile(r"http://snomed\.info/sct/\d+(/version/\d+)?")
_UPPER = frozenset({ICD_10_CM, ICD_10_WHO, ICD_10_PCS, ATC, UNII, HCPCS, V3_ROUTE, V3_SITE})
_UNDOTTED_ICD = re.compile(r"[A-Z]\d[0-9A-Z][0-9A-Z]{1,4}")


@lru_cache(maxsize=1024)
def normal_system(uri: str) -> str:
    """The canonical URI of a code system; an unknown one comes back trimmed and otherwise as sent."""
    folded = _folded(uri)
    if _SNOMED_EDITION.fullmatch(folded):
        return SNOMED
    return _BY_ALIAS.get(folded, uri.strip())


def normal_code(system: str, code: str) -> str:
    """The code as the tables spell it. `system` is canonical. Real exports carry spaces, and ICD without its dot."""
    text = code.strip()
    if system in _UPPER:
        text = text.upper()
    if system in PREFIXED and _UNDOTTED_ICD.fullmatch(text):
        return f"{text[:3]}.{text[3:]}"
    return text
