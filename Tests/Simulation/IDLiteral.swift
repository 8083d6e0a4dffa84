package import Domain

/// Tests write ids as plain text.
extension ID: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) {
        self.init(text)
    }
}
