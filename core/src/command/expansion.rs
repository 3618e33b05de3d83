//! Where an expansion of a shell ends: `$NAME`, `${NAME}`, `$(command)`, `` `command` ``.

/// How long the expansion at the beginning of the text is; 0 where there is none.
pub(super) fn expansion_length(text: &str) -> usize {
    if let Some(rest) = text.strip_prefix('`') {
        return rest.find('`').map_or(text.len(), |end| end + 2);
    }
    let rest = &text[1..];
    match rest.bytes().next() {
        // `${{ … }}` is GitHub's.
        Some(b'{') if rest.starts_with("{{") => rest.find("}}").map_or(text.len(), |end| end + 3),
        Some(b'{') => rest.find('}').map_or(text.len(), |end| end + 2),
        Some(b'(') => 1 + parenthesised_length(rest),
        Some(b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'$' | b'!' | b'-') => 2,
        Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => {
            1 + rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
        }
        _ => 0,
    }
}

/// The length of `(…)` with nested parentheses and quotes; to the end of the text where it is never closed.
fn parenthesised_length(text: &str) -> usize {
    let mut depth = 0usize;
    let mut quote = None;
    let mut bytes = text.bytes().enumerate();
    while let Some((position, byte)) = bytes.next() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(b'\''), _) => {}
            (_, b'\\') => {
                bytes.next();
            }
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'(') => depth += 1,
            (None, b')') => {
                depth -= 1;
                if depth == 0 {
                    return position + 1;
                }
            }
            (None, _) => {}
        }
    }
    text.len()
}
