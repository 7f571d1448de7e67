//! No text of a person reaches an unsealed byte on disk.
