/// The organization that the journey plays in; its file is part of this program.
enum DemoOrganization {
    static var text: String { String(decoding: PackageResources.organization_yaml, as: UTF8.self) }

    /// - Parameter receiver: address of the `Receiver`.
    static func load(receiver: String) throws -> Organization {
        let name = "organization.yaml"
        let text = try OrganizationFiles.replace(in: text, of: name, values: ["receiver": receiver])
        return try Organization(files: [(name, text)])
    }
}
