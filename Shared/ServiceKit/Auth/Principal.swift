package import Domain

/// What a token lets its bearer do.
package enum Role: String, CaseIterable, Hashable, Sendable {
    /// Posts inbound messages, reads outbound ones.
    case connector
    /// Does its own work.
    case agent
    /// Sees everybody's work.
    case supervisor
    /// Everything.
    case admin
}

/// Who makes a request.
package struct Principal: Hashable, Sendable {
    /// The token's `sub`: of an agent, its id.
    package let subject: String
    package let roles: Set<Role>

    package init(subject: String, roles: Set<Role>) {
        self.subject = subject
        self.roles = roles
    }

    /// Everybody, while authentication is off.
    static let everybody = Principal(subject: "anonymous", roles: Set(Role.allCases))

    /// - Throws: `Problem` 403 unless the bearer has one of the roles; an admin has all.
    package func require(_ accepted: Role...) throws(Problem) { try require(accepted) }

    func require(_ accepted: [Role]) throws(Problem) {
        guard roles.contains(.admin) || !roles.isDisjoint(with: accepted) else {
            let names = accepted.map(\.rawValue).joined(separator: " or ")
            throw .forbidden("This needs the role \(names).")
        }
    }

    /// An agent acts only as itself; an admin may act for anybody.
    /// - Throws: `Problem` 403 for another agent.
    package func requireAgent(_ agent: AgentID) throws(Problem) {
        guard !roles.contains(.admin) else { return }
        guard roles.contains(.agent), subject == agent.rawValue else {
            throw .forbidden("An agent acts only as itself.")
        }
    }

    /// As `requireAgent`, but supervisors may look too.
    package func requireSight(of agent: AgentID) throws(Problem) {
        guard !roles.contains(.supervisor) else { return }
        try requireAgent(agent)
    }
}
