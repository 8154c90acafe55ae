//! The text that names the columns of a table.

/// Names of columns, in order.
pub(super) struct Columns {
    names: Vec<String>,
}

impl Columns {
    /// Splits at blanks outside parentheses: `amplitude(highest variance channel)` is one name.
    pub(super) fn parse(fields: &str) -> Self {
        let mut open = 0_usize;
        let blank = |c: char| {
            match c {
                '(' => open += 1,
                ')' => open = open.saturating_sub(1),
                _ => {}
            }
            c.is_whitespace() && open == 0
        };
        let names = fields.split(blank).filter(|name| !name.is_empty());
        Self {
            names: names.map(str::to_owned).collect(),
        }
    }

    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.names
            .iter()
            .position(|found| found.eq_ignore_ascii_case(name))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    pub(super) fn is_only(&self, name: &str) -> bool {
        self.names.len() == 1 && self.position(name) == Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::Columns;

    #[test]
    fn names_with_parentheses_are_one_column() {
        let columns =
            Columns::parse("time x y dir not_used amplitude(highest variance channel) posindex");
        assert_eq!(columns.names().count(), 7);
        assert_eq!(columns.position("posindex"), Some(6));
        assert!(!columns.is_only("time"));
        assert!(Columns::parse(" time ").is_only("time"));
    }
}
