//! What is wrong with an export: where, what, and what to do about it.

use holdfast_words::{Arg, Words};
use serde::Serialize;

/// Something found in an export. A *problem* stops the import; a *notice* is only told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Problem {
    /// The file's name as it came.
    pub file: String,
    /// The row as a spreadsheet numbers it (the header is row 1), when it is about one row.
    pub row: Option<u32>,
    /// The column's name, when it is about one column.
    pub column: Option<String>,
    /// Stable code (`docs/errors.md`).
    pub code: Code,
    /// What was found.
    pub what: String,
    /// What to do.
    pub do_this: String,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $kind:ident;)+) => {
        /// The kinds of problem and notice.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)+
        }

        impl Code {
            /// Every kind there is.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];

            /// As it is written everywhere.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$variant => $name,)+
                }
            }

            /// True when it is only told: the import goes ahead.
            pub fn is_notice(self) -> bool {
                match self {
                    $(Code::$variant => codes!(@notice $kind),)+
                }
            }
        }
    };
    (@notice problem) => { false };
    (@notice notice) => { true };
}

codes! {
    /// A file that import does not know.
    FileUnknown = "import_file_unknown", notice;
    /// Two files for one table.
    FileTwice = "import_file_twice", problem;
    /// No header, no rows.
    FileEmpty = "import_file_empty", problem;
    /// Larger than [`super::FILE_BYTES`].
    FileTooLarge = "import_file_too_large", problem;
    /// A workbook, a picture, anything but text.
    FileNotText = "import_file_not_text", problem;
    /// Text in another encoding than UTF-8.
    FileNotUtf8 = "import_file_not_utf8", problem;
    /// A column that import needs is not there.
    ColumnMissing = "import_column_missing", problem;
    /// A column that import does not know.
    ColumnUnknown = "import_column_unknown", notice;
    /// Two columns of one name.
    ColumnTwice = "import_column_twice", problem;
    /// More cells than the header has columns.
    RowTooLong = "import_row_too_long", problem;
    /// A quotation mark is opened and never closed.
    QuoteOpen = "import_quote_open", problem;
    /// A cell that must not be empty is.
    CellEmpty = "import_cell_empty", problem;
    /// A cell longer than its column may be.
    CellTooLong = "import_cell_too_long", problem;
    /// A number of a person, worker, visit… with characters that none may have.
    IdBad = "import_id_bad", problem;
    /// Two rows with one number.
    IdTwice = "import_id_twice", problem;
    /// Not a whole number, or out of range.
    NumberBad = "import_number_bad", problem;
    /// A word that the column does not know.
    WordUnknown = "import_word_unknown", problem;
    /// Not a date at all.
    DateUnreadable = "import_date_unreadable", problem;
    /// 31/02.
    DateImpossible = "import_date_impossible", problem;
    /// 25:10, or not a time at all.
    TimeImpossible = "import_time_impossible", problem;
    /// The clocks go forward over it.
    TimeSkipped = "import_time_skipped", problem;
    /// The clocks go back over it, and no offset says which.
    TimeTwice = "import_time_twice", problem;
    /// A visit that ends before it starts.
    EndBeforeStart = "import_end_before_start", problem;
    /// A visit of more than 36 hours.
    VisitTooLong = "import_visit_too_long", problem;
    /// A number that no person has.
    PersonUnknown = "import_person_unknown", problem;
    /// A number that no worker has.
    WorkerUnknown = "import_worker_unknown", problem;
    /// One worker twice on a visit.
    WorkerTwice = "import_worker_twice", problem;
    /// A visit to a person without a care plan.
    PlanMissing = "import_plan_missing", problem;
    /// A visit before the person's first care plan takes effect.
    PlanStartsLater = "import_plan_starts_later", problem;
    /// A piece of a plan version that plans.csv does not have.
    PlanRowUnknown = "import_plan_row_unknown", problem;
    /// A plan version that is known here with another text.
    PlanVersionChanged = "import_plan_version_changed", problem;
    /// A version that says it replaces itself or a later one.
    ReplacesBad = "import_replaces_bad", problem;
    /// A further version that does not say which it replaces.
    ReplacesMissing = "import_replaces_missing", problem;
    /// More than one entry can hold.
    TooMuch = "import_too_much", problem;
    /// A time-critical medicine without a window.
    WindowMissing = "import_window_missing", problem;
    /// A number that belongs to another branch.
    BranchOther = "import_branch_other", problem;
    /// Known here, not in this export. Nothing is cancelled.
    NotInExport = "import_not_in_export", notice;
    /// A visit that nobody is to make.
    VisitWithoutWorker = "import_visit_without_worker", notice;
    /// A visit for two with one worker.
    SecondWorkerMissing = "import_second_worker_missing", notice;
}

impl Problem {
    /// A problem with its sentences. `args` fill the text's places.
    pub(super) fn new(file: &str, row: Option<u32>, column: Option<&str>, code: Code, args: &[(&str, Arg<'_>)]) -> Problem {
        let text = Words::english().error(code.as_str(), args);
        Problem { file: file.to_owned(), row, column: column.map(str::to_owned), code, what: text.what, do_this: text.then }
    }

    /// Where it is, as a person would look for it: "rota.csv, row 14, start".
    pub fn place(&self) -> String {
        let row = self.row.map(|n| Words::english().say("import-row", &[("n", n.into())]));
        [Some(self.file.clone()), row, self.column.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} {} [{}]", self.place(), self.what, self.do_this, self.code.as_str())
    }
}

/// A cell as it may be quoted in a problem: identifiers, dates, numbers and words, shortened. Anything longer may be
/// somebody's text in the wrong column, and is not repeated.
pub(super) fn quoted(cell: &str) -> String {
    const LONGEST: usize = 40;
    if cell.chars().count() <= LONGEST && !cell.contains(['\n', '\r']) {
        format!("“{cell}”")
    } else {
        Words::english().say("import-a-long-text", &[])
    }
}
