//! What each kind of statement says.

use clap::{Args, ValueEnum};
use holdfast_model::id::{MedicineId, TaskId};

#[derive(Debug, Args)]
#[group(skip)]
pub struct OnTheWay {
    /// Minutes late.
    #[arg(long)]
    pub late: Option<u32>,
    #[arg(long, default_value = "")]
    pub reason: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Method {
    Tag,
    Position,
    HomePhone,
    ByHand,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct Door {
    /// How presence is shown.
    #[arg(long, value_enum, default_value_t = Method::ByHand)]
    pub method: Method,
    /// Number of the tag that was read.
    #[arg(long)]
    pub tag: Option<String>,
    /// Latitude in millionths of a degree.
    #[arg(long, allow_negative_numbers = true, requires = "lon_e6")]
    pub lat_e6: Option<i32>,
    /// Longitude in millionths of a degree.
    #[arg(long, allow_negative_numbers = true, requires = "lat_e6")]
    pub lon_e6: Option<i32>,
    /// Why by hand, or why late.
    #[arg(long, default_value = "")]
    pub reason: String,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct Leaving {
    #[command(flatten)]
    pub door: Door,
    /// Miles driven, in tenths.
    #[arg(long)]
    pub mileage_tenths: Option<u32>,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct ToldTo {
    /// Who was told.
    #[arg(long, value_name = "WHO", group = "telling")]
    pub told: Option<String>,
    /// When they were told: HH:MM or RFC 3339.
    #[arg(long, value_name = "TIME", requires = "told")]
    pub told_at: Option<String>,
    /// Nobody was told: there was no signal.
    #[arg(long, group = "telling")]
    pub nobody_no_signal: bool,
    /// Nobody needed to be told.
    #[arg(long, group = "telling")]
    pub nobody_needed: bool,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct Outcome {
    /// done, no_reply, declined, in_hospital, cut_short, sent_away.
    pub outcome: String,
    /// What was tried.
    #[arg(long, default_value = "")]
    pub tried: String,
    #[command(flatten)]
    pub told: ToldTo,
    #[arg(long, default_value = "")]
    pub reason: String,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct Task {
    pub task: TaskId,
    /// done, declined, could_not, not_needed.
    pub outcome: String,
    /// Its words, for one that the visit does not have.
    #[arg(long, default_value = "")]
    pub title: String,
    #[arg(long, default_value = "")]
    pub reason: String,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct Medicine {
    pub medicine: MedicineId,
    /// given, partly, prompted, refused, omitted, not_observed, already_taken, not_available, absent.
    pub outcome: String,
    /// Name and strength, for one that this phone does not know.
    #[arg(long, default_value = "")]
    pub name: String,
    /// When it was due: HH:MM or RFC 3339. Needed only where one visit has two doses of one medicine.
    #[arg(long, value_name = "TIME")]
    pub due: Option<String>,
    /// How much, as a decimal.
    #[arg(long)]
    pub amount: Option<String>,
    #[arg(long, default_value = "")]
    pub unit: String,
    #[arg(long, default_value = "")]
    pub route: String,
    /// Why not, or why as needed.
    #[arg(long, default_value = "")]
    pub reason: String,
    #[arg(long, default_value = "")]
    pub witness: String,
    /// How many are left.
    #[arg(long)]
    pub stock_left: Option<u32>,
    #[command(flatten)]
    pub told: ToldTo,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct Observation {
    /// mood, skin, temperature, fluids …
    pub about: String,
    #[arg(long)]
    pub value: Option<String>,
    #[arg(long, default_value = "")]
    pub unit: String,
    #[arg(long, default_value = "")]
    pub text: String,
    /// Somebody should look at it today.
    #[arg(long)]
    pub concern: bool,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct Note {
    pub text: String,
    /// personal_care, activity, health, nutrition, behaviour, handover, general.
    #[arg(long = "type", default_value = "general")]
    pub about: String,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct Incident {
    /// fall, injury, medicine, safeguarding, behaviour, illness, environment, other.
    #[arg(long = "type")]
    pub what: String,
    /// What was done at once to keep the person safe.
    #[arg(long)]
    pub immediate_safety: String,
    /// The person is safe now.
    #[arg(long)]
    pub safe_now: bool,
    /// What happened.
    #[arg(long)]
    pub text: String,
    #[command(flatten)]
    pub told: ToldTo,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct Json {
    /// One JSON object with its "kind".
    pub body: String,
}
