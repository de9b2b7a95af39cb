"""The numbers and stock that a decision is made with, as plain data. Values and sources are in knowledge/*.toml."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.outcomes import Rule
from cds_service.clinical.topics import Occasion


class Region(StrEnum):
    UK = "uk"
    US = "us"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """One field per row of knowledge/thresholds, in the unit named there. K-numbers: derivations 1.1."""

    # renal (K-01, K-02, section 6)
    egfr_cyanocobalamin_ml_min: Decimal
    cyanocobalamin_warning_dose_ug: Decimal
    cyanocobalamin_info_dose_ug: Decimal
    egfr_near_limit_ml_min: Decimal
    acr_nephropathy_mg_g: Decimal
    aki_rise_48h_mg_dl: Decimal
    aki_factor_7d: Decimal
    aki_steady_fraction: Decimal
    dialysis_procedure_days: int
    antidote_interferes_hours: int
    aki_newest_days: int
    aki_short_window_hours: int
    aki_long_window_days: int
    aki_baseline_days: int
    aki_diagnosis_days: int
    aki_past_months: int
    # deficiency (K-03 to K-05)
    b12_low_pg_ml: Decimal
    b12_unlikely_pg_ml: Decimal
    holotc_low_pmol_l: Decimal
    holotc_unlikely_pmol_l: Decimal
    mma_high_nmol_l: Decimal
    mma_egfr_ml_min: Decimal
    results_disagree_days: int
    diagnosis_recent_months: int
    b12_very_high_pg_ml: Decimal
    b12_very_high_apart_days: int
    # validity of results (K-06)
    b12_valid_months: int
    renal_valid_months: int
    renal_valid_months_at_risk: int
    blood_count_valid_days: int
    potassium_valid_days: int
    stop_result_days: int
    # severity, treatment, neurology (K-07, K-08, K-11, K-12)
    severe_hb_g_l: Decimal
    severe_b12_pg_ml: Decimal
    on_treatment_parenteral_days: int
    on_treatment_oral_days: int
    therapeutic_parenteral_ug: Decimal
    therapeutic_oral_ug_day: Decimal
    therapeutic_nasal_ug_week: Decimal
    lapse_short_days: int
    lapse_long_days: int
    neuro_absent_valid_months: int
    neuro_absent_before_b12_days: int
    neuro_observation_valid_months: int
    neuro_recent_months: int
    neuro_vague_recent_months: int
    neuro_history_window_days: int
    loaded_maintenance_months: int
    loaded_oral_days: int
    loaded_administrations: int
    loaded_administrations_days: int
    loading_complete_doses: int
    short_course_ended_days: int
    presumed_loading_weekly_doses: int
    # cover with cobalamin, 1.4
    cover_interval_days: Decimal
    cover_parenteral_ug: Decimal
    cover_oral_ug_day: Decimal
    cover_oral_bariatric_ug_day: Decimal
    cover_starts_within_days: int
    cover_open_order_months: int
    cover_administration_days: int
    cover_oral_days: int
    # schedules (K-09, K-10, section 8)
    interval_max_hydroxocobalamin_neuro_days: Decimal
    interval_max_hydroxocobalamin_days: Decimal
    interval_max_other_form_days: Decimal
    interval_loading_neuro_days: Decimal
    interval_loading_days: Decimal
    interval_maintenance_days: Decimal
    interval_hydroxocobalamin_tolerated_days: Decimal
    interval_twice_yearly_days: Decimal
    loading_total_ug: Decimal
    loading_window_days: int
    loading_neuro_min_days: int
    stable_renewal_months: int
    antifolate_interval_min_days: Decimal
    antifolate_interval_max_days: Decimal
    same_interval_fraction: Decimal
    # maintenance beside the current interval, 5.5 and 8.10
    persistent_signs_months: int
    interval_held_months: int
    lengthening_signs_months: int
    lengthening_result_days: int
    # doses: K-13, 8.8, 1.2
    unit_error_high_ug: Decimal
    unit_error_low_parenteral_ug: Decimal
    unusual_dose_ug: Decimal
    standard_dose_ug: Decimal
    low_dose_ug: Decimal
    labelled_hydroxocobalamin_ug: Decimal
    licensed_low_dose_ug: Decimal
    maintenance_dose_min_ug: Decimal
    inherited_defect_max_ug: Decimal
    antidote_vial_ug: Decimal
    antidote_dose_ug: Decimal
    antidote_ug_per_kg: Decimal
    nutritional_multivitamin_ug: Decimal
    nutritional_oral_ug_day: Decimal
    oral_full_dose_ug_day: Decimal
    oral_dose_finding_ug_day: Decimal
    # folic acid (K-14, section 7)
    folate_treatment_ug_day: Decimal
    folate_high_ug_day: Decimal
    folate_long_months: int
    folate_weekly_max_ug: Decimal
    # causes of deficiency, 1.1
    metformin_months: int
    acid_suppression_months: int
    ileal_resection_cm: Decimal
    crohn_ileum_between_cm: Decimal
    crohn_ileum_long_cm: Decimal
    # person and administration
    adult_years: int
    infant_years: int
    platelets_no_im: Decimal
    platelets_technique_max: Decimal
    platelets_transfusion: Decimal
    inr_no_im: Decimal
    potassium_low_mmol_l: Decimal
    potassium_very_low_mmol_l: Decimal
    hb_low_female_g_l: Decimal
    hb_low_male_g_l: Decimal
    hb_low_pregnant_g_l: Decimal
    mcv_large_fl: Decimal
    child_dose_min_ug: Decimal
    child_dose_max_ug: Decimal
    pregnancy_observation_valid_months: int
    # monitoring and treatment that is due, section 10
    treatment_overdue_days: int
    test_on_order_days: int
    milestone_opens_days: int
    milestone_overdue_days: int
    milestone_met_before_days: int
    course_lapse_days: int
    response_review_days: int
    response_review_every_days: int
    response_recorded_after_days: int
    severe_anaemia_review_days: int
    severe_anaemia_second_review_days: int
    potassium_check_days: int
    potassium_shown_days: int
    haemoglobin_rise_g_l: Decimal
    creatinine_review_months: int
    bariatric_pregnancy_valid_days: int
    mma_interpreted_days: int
    macrocytosis_mcv_fl: Decimal
    homocysteine_target_umol_l: Decimal


@dataclass(frozen=True, slots=True)
class Regimen:
    """One row of knowledge/regimens.toml: a dose and how often. Units: micrograms; period in UCUM `unit`.

    bounds_weeks and count None: open-ended. text: how a person reads the timing ("on alternate days until ...").
    recommendation: the id that it carries out; by_form: another, where it is given as that form.
    """

    key: str
    dose_ug: Decimal
    route: Route
    frequency: int
    period: int
    unit: str
    text: str
    label: str
    recommendation: str
    period_max: int | None = None
    bounds_weeks: int | None = None
    count: int | None = None
    by_form: tuple[tuple[Ingredient, str], ...] = ()

    def carries_out(self, form: Ingredient) -> str:
        """The id of rules.md that this dose of this form stands for."""
        return dict(self.by_form).get(form, self.recommendation)


@dataclass(frozen=True, slots=True)
class Formulary:
    """Order of preference among injectable forms, without and with renal risk (derivations 9.1)."""

    preference: tuple[Ingredient, ...]
    preference_renal: tuple[Ingredient, ...]
    preference_renal_unknown: tuple[Ingredient, ...]
    last_resort: frozenset[Ingredient]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything a clinician reviews, loaded once. unavailable: forms that the site does not stock."""

    thresholds: Thresholds
    regimens: Mapping[str, Regimen]
    formularies: Mapping[Region, Formulary]
    rules: tuple[Rule, ...]
    version: str
    region: Region = Region.UK
    unavailable: frozenset[Ingredient] = frozenset()

    def rules_about(self, occasion: Occasion) -> tuple[Rule, ...]:
        """The rules that are asked about such a thing, in their order."""
        return tuple(rule for rule in self.rules if occasion in rule.asked_about)

    @property
    def formulary(self) -> Formulary:
        return self.formularies[self.region]
