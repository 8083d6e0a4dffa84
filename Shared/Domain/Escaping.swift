extension StringProtocol {
    /// With some scalars replaced, wherever they stand.
    ///
    /// `replacing(_:with:)` looks for whole `Character`s. It misses a quote with an accent on it, or the line feed of
    /// CR LF: each is part of another `Character`, and what it must not be for whoever reads the text afterwards.
    package func escaping(_ replacements: [Unicode.Scalar: String]) -> String {
        var escaped = ""
        for scalar in unicodeScalars {
            if let replacement = replacements[scalar] {
                escaped += replacement
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
