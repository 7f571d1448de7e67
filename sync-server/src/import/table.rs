//! From bytes to rows: encodings, byte-order marks, separators, blank lines, quoted line breaks, headers.

use super::problem::{Code, Problem, quoted};
use csv::StringRecord;
use std::collections::BTreeMap;

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// As the documentation writes it.
    pub name: &'static str,
    /// Other spellings that exports use.
    pub also: &'static [&'static str],
    /// Whether the column, and each cell in it, must be there.
    pub needed: bool,
    /// Longest cell, in bytes.
    pub longest: usize,
}

/// What a file is to hold.
#[derive(Debug)]
pub(super) struct Schema {
    /// The file's name.
    pub file: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
}

/// A file's rows.
pub(super) struct Table<'a> {
    /// Its name as it came.
    pub file: &'a str,
    pub schema: &'static Schema,
    /// Which cell of a row holds which column of the schema.
    cells: Vec<Option<usize>>,
    pub rows: Vec<Row>,
}

/// A row with its number as a spreadsheet shows it.
pub(super) struct Row {
    pub number: u32,
    record: StringRecord,
}

impl Table<'_> {
    /// A cell without the white space around it; empty when the column or the cell is not there.
    pub fn cell<'r>(&self, row: &'r Row, column: usize) -> &'r str {
        self.cells[column].and_then(|at| row.record.get(at)).unwrap_or("").trim()
    }
}

/// Reads a file. What can be read is read, whatever else is wrong: a dry run lists everything at once.
pub(super) fn read<'a>(file: &'a str, bytes: &[u8], schema: &'static Schema, problems: &mut Vec<Problem>) -> Option<Table<'a>> {
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(trouble) => {
            problems.push(trouble.problem(file));
            return None;
        }
    };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator(text)).from_reader(text.as_bytes());
    let mut records = Vec::new();
    let mut number = 0u32;
    let mut record = StringRecord::new();
    loop {
        let at = reader.position().byte() as usize;
        // The text is UTF-8 and in memory: reading a record cannot fail.
        match reader.read_record(&mut record) {
            Ok(true) => {
                number = number.saturating_add(1).saturating_add(blank_lines(text, at));
                if record.iter().any(|cell| !cell.trim().is_empty()) {
                    records.push(Row { number, record: std::mem::take(&mut record) });
                }
            }
            Ok(false) | Err(_) => break,
        }
    }
    if text.bytes().filter(|b| *b == b'"').count() % 2 == 1
        && let Some(last) = records.last()
        && last.record.iter().any(|cell| cell.contains('\n'))
    {
        problems.push(Problem::new(file, Some(last.number), None, Code::QuoteOpen, &[]));
    }
    let mut records = records.into_iter();
    let Some(header) = records.next() else {
        problems.push(Problem::new(file, None, None, Code::FileEmpty, &[]));
        return None;
    };
    let cells = columns(file, &header, schema, problems)?;
    let mut rows = Vec::new();
    for row in records {
        let beyond = row.record.iter().skip(header.record.len()).any(|cell| !cell.trim().is_empty());
        if beyond {
            let (has, wants) = (row.record.len().into(), header.record.len().into());
            problems.push(Problem::new(file, Some(row.number), None, Code::RowTooLong, &[("has", has), ("wants", wants)]));
        }
        rows.push(row);
    }
    Some(Table { file, schema, cells, rows })
}

/// Finds the schema's columns in the header. `None` when one that is needed is not there: its rows mean nothing then.
fn columns(file: &str, header: &Row, schema: &Schema, problems: &mut Vec<Problem>) -> Option<Vec<Option<usize>>> {
    let mut cells = vec![None; schema.columns.len()];
    let mut unknown = BTreeMap::new();
    for (at, name) in header.record.iter().enumerate() {
        let plain = plain(name);
        let column = schema.columns.iter().position(|c| c.name == plain || c.also.contains(&plain.as_str()));
        match column {
            _ if plain.is_empty() => {}
            Some(c) if cells[c].is_some() => {
                let args = [("value", quoted(name.trim()).into())];
                problems.push(Problem::new(file, Some(header.number), Some(schema.columns[c].name), Code::ColumnTwice, &args));
            }
            Some(c) => cells[c] = Some(at),
            None => {
                unknown.insert(at, quoted(name.trim()));
            }
        }
    }
    for value in unknown.into_values() {
        problems.push(Problem::new(file, Some(header.number), None, Code::ColumnUnknown, &[("value", value.into())]));
    }
    let mut whole = true;
    for (c, column) in schema.columns.iter().enumerate() {
        if column.needed && cells[c].is_none() {
            problems.push(Problem::new(file, Some(header.number), Some(column.name), Code::ColumnMissing, &[]));
            whole = false;
        }
    }
    whole.then_some(cells)
}

/// A header's name without capitals, underscores, hyphens and doubled spaces.
fn plain(name: &str) -> String {
    name.to_lowercase().replace(['_', '-'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The blank lines that the reader skips from `at` on, before the next record.
fn blank_lines(text: &str, at: usize) -> u32 {
    let bytes = text.as_bytes();
    let mut rest = &bytes[at.min(bytes.len())..];
    // The reader ends a record at CR; the LF of the same line end is then still before it.
    if at > 0 && bytes.get(at - 1) == Some(&b'\r') && rest.first() == Some(&b'\n') {
        rest = &rest[1..];
    }
    let ends = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).copied().collect::<Vec<_>>();
    let lf = ends.iter().filter(|b| **b == b'\n').count();
    let lone_cr = ends.iter().enumerate().filter(|(i, b)| **b == b'\r' && ends.get(i + 1) != Some(&b'\n')).count();
    u32::try_from(lf + lone_cr).unwrap_or(u32::MAX)
}

/// Comma, or what stands in the header instead where a list separator was set otherwise.
fn separator(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    if header.contains(',') {
        b','
    } else if header.contains(';') {
        b';'
    } else if header.contains('\t') {
        b'\t'
    } else {
        b','
    }
}

/// Why bytes are no text that can be read.
enum NotText {
    TooLarge,
    Workbook,
    Binary,
    Utf16,
    Windows1252 { line: u32 },
    Other { line: u32 },
}

impl NotText {
    fn problem(self, file: &str) -> Problem {
        let say = |key: &str| holdfast_words::Words::english().say(key, &[]);
        match self {
            NotText::TooLarge => {
                let mb = (super::FILE_BYTES / (1024 * 1024)).into();
                Problem::new(file, None, None, Code::FileTooLarge, &[("mb", mb)])
            }
            NotText::Workbook => Problem::new(file, None, None, Code::FileNotText, &[("looks", say("import-looks-workbook").into())]),
            NotText::Binary => Problem::new(file, None, None, Code::FileNotText, &[("looks", say("import-looks-binary").into())]),
            NotText::Utf16 => Problem::new(file, None, None, Code::FileNotUtf8, &[("looks", say("import-looks-utf16").into())]),
            NotText::Windows1252 { line } => {
                let looks = ("looks", say("import-looks-windows-1252").into());
                Problem::new(file, Some(line), None, Code::FileNotUtf8, &[looks])
            }
            NotText::Other { line } => {
                Problem::new(file, Some(line), None, Code::FileNotUtf8, &[("looks", say("import-looks-other").into())])
            }
        }
    }
}

/// The text of a file, without a byte-order mark.
fn decode(bytes: &[u8]) -> Result<&str, NotText> {
    if bytes.len() > super::FILE_BYTES {
        return Err(NotText::TooLarge);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(NotText::Workbook);
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(NotText::Utf16);
    }
    if bytes.contains(&0) {
        return Err(NotText::Binary);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|e| {
        let at = e.valid_up_to();
        let line = u32::try_from(bytes[..at].iter().filter(|b| **b == b'\n').count() + 1).unwrap_or(u32::MAX);
        // What the byte would be in Windows-1252: a letter, a curly quotation mark, a dash, the euro or pound sign.
        // Five bytes mean nothing there.
        match bytes[at] {
            0x81 | 0x8d | 0x8f | 0x90 | 0x9d => NotText::Other { line },
            _ => NotText::Windows1252 { line },
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    static SCHEMA: Schema = Schema {
        file: "t.csv",
        columns: &[
            Column { name: "id", also: &["number"], needed: true, longest: 64 },
            Column { name: "text", also: &[], needed: false, longest: 64 },
        ],
    };

    fn rows(bytes: &[u8]) -> (Vec<(u32, String, String)>, Vec<Code>) {
        let mut problems = Vec::new();
        let table = read("t.csv", bytes, &SCHEMA, &mut problems);
        let rows =
            table.map_or_else(Vec::new, |t| t.rows.iter().map(|r| (r.number, t.cell(r, 0).to_owned(), t.cell(r, 1).to_owned())).collect());
        (rows, problems.into_iter().map(|p| p.code).collect())
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_does() {
        let want = vec![(2, "a".into(), "one\nline more".into()), (5, "b".into(), "two".into())];
        for text in ["id,text\na,\"one\nline more\"\n\n\nb,two\n", "id,text\r\na,\"one\nline more\"\r\n\r\n\r\nb,two\r\n"] {
            assert_eq!(rows(text.as_bytes()), (want.clone(), vec![]), "{text:?}");
        }
        let lone_cr = "id,text\ra,\"one\nline more\"\r\r\rb,two";
        assert_eq!(rows(lone_cr.as_bytes()).0, want);
        assert_eq!(rows(b"id,text\n,,\nb,two\n").0, vec![(3, "b".into(), "two".into())]);
    }

    #[test]
    fn headers_are_found_however_they_are_written() {
        for header in ["ID,Text", "\u{feff}id , TEXT", "Number;text", "\n\nid\ttext"] {
            let sep = if header.contains(';') {
                ';'
            } else if header.contains('\t') {
                '\t'
            } else {
                ','
            };
            let (rows, codes) = rows(format!("{header}\nx{sep}y\n").as_bytes());
            assert_eq!((rows.len(), rows[0].1.as_str(), rows[0].2.as_str(), codes), (1, "x", "y", vec![]), "{header:?}");
        }
        assert_eq!(rows(b"text,colour\na,b\n").1, vec![Code::ColumnUnknown, Code::ColumnMissing]);
        assert_eq!(rows(b"id,ID\na,b\n").1, vec![Code::ColumnTwice]);
        assert_eq!(rows(b"id,text\na,b,c\n").1, vec![Code::RowTooLong]);
        assert_eq!(rows(b"id,text\na,b,\n").1, vec![]);
    }

    #[test]
    fn what_is_no_utf8_text_is_named() {
        assert_eq!(rows(b"").1, vec![Code::FileEmpty]);
        assert_eq!(rows(b"\xef\xbb\xbf\r\n").1, vec![Code::FileEmpty]);
        assert_eq!(rows(b"PK\x03\x04rest").1, vec![Code::FileNotText]);
        assert_eq!(rows(b"id,text\na,\x00").1, vec![Code::FileNotText]);
        assert_eq!(rows(b"\xff\xfei\x00d\x00").1, vec![Code::FileNotUtf8]);
        assert_eq!(rows(b"id,text\na,caf\xe9\n").1, vec![Code::FileNotUtf8]);
        assert_eq!(rows(b"id,text\na,\"never closed\nb,two\n").1, vec![Code::QuoteOpen]);
        let mut problems = Vec::new();
        read("t.csv", b"id,text\na,b\nc,caf\xe9\n", &SCHEMA, &mut problems);
        assert_eq!(problems[0].row, Some(3));
        assert!(problems[0].what.contains("Windows-1252"), "{}", problems[0].what);
    }
}
