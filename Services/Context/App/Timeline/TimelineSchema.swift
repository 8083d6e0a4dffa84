import GRDB

/// The tables of the timeline.
///
/// They hold nothing that is not in the topics, so there are no migrations: a file of another version is thrown away
/// and filled again.
enum TimelineSchema {
    /// Raise it with every change of `statements` or of what is written into them.
    static let version = 3

    static func create(in db: Database) throws {
        for statement in statements { try db.execute(sql: statement) }
        try db.execute(sql: "PRAGMA user_version = \(version)")
    }

    static func isCurrent(_ db: Database) throws -> Bool {
        try Int.fetchOne(db, sql: "PRAGMA user_version") == version
    }

    private static let statements = [
        // How far each partition was read, with its origin marks.
        """
        CREATE TABLE place (
            topic TEXT NOT NULL, partition INTEGER NOT NULL, state BLOB NOT NULL, last_offset INTEGER,
            PRIMARY KEY (topic, partition)
        ) WITHOUT ROWID
        """,
        // What happened to a customer. A message is one entry, which several records of several topics fill in any
        // order; it has a customer once it is filed. `key` holds who wrote it, or in which conversation: nothing that
        // somebody chose is enough to write into another's entry. `holder` is the customer under whose key it came.
        """
        CREATE TABLE entry (
            id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, at INTEGER NOT NULL, holder TEXT,
            customer TEXT, conversation TEXT, work_item TEXT, message TEXT, direction TEXT, author TEXT, agent TEXT,
            channel TEXT, account TEXT, identifier_kind TEXT, identifier_value TEXT, subject TEXT, text TEXT,
            language TEXT, role TEXT, delivery TEXT, delivery_at INTEGER, delivery_reason TEXT, detail TEXT
        )
        """,
        "CREATE INDEX entry_of_customer ON entry (customer, at, key)",
        "CREATE INDEX entry_of_conversation ON entry (conversation, at, key)",
        "CREATE INDEX entry_of_work_item ON entry (work_item)",
        "CREATE INDEX entry_of_message ON entry (message)",
        """
        CREATE VIRTUAL TABLE entry_text USING fts5 (
            subject, text, content = 'entry', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
        )
        """,
        """
        CREATE TRIGGER entry_inserted AFTER INSERT ON entry BEGIN
            INSERT INTO entry_text (rowid, subject, text) VALUES (new.id, new.subject, new.text);
        END
        """,
        """
        CREATE TRIGGER entry_updated AFTER UPDATE OF subject, text ON entry BEGIN
            INSERT INTO entry_text (entry_text, rowid, subject, text)
                VALUES ('delete', old.id, old.subject, old.text);
            INSERT INTO entry_text (rowid, subject, text) VALUES (new.id, new.subject, new.text);
        END
        """,
        """
        CREATE TABLE work_item (
            id TEXT PRIMARY KEY, conversation TEXT, customer TEXT, pool TEXT, queue TEXT, channel TEXT,
            priority INTEGER, agent TEXT, opened_at INTEGER, closed_at INTEGER, disposition TEXT, score INTEGER
        ) WITHOUT ROWID
        """,
        "CREATE INDEX work_item_of_customer ON work_item (customer, opened_at)",
        "CREATE INDEX work_item_of_conversation ON work_item (conversation)",
        // An identifier under each customer that it belongs to: its own (evidence 'own'), the one that the evidence
        // named, and the one to whom that one belongs in turn (`via`).
        """
        CREATE TABLE identifier (
            kind TEXT NOT NULL, value TEXT NOT NULL, customer TEXT NOT NULL, own_customer TEXT NOT NULL, via TEXT,
            evidence TEXT NOT NULL, reason TEXT, since INTEGER NOT NULL, PRIMARY KEY (kind, value, customer)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX identifier_of_customer ON identifier (customer)",
        "CREATE INDEX identifier_of_own_customer ON identifier (own_customer)",
        """
        CREATE TABLE profile (
            customer TEXT PRIMARY KEY, name TEXT, language TEXT, attributes TEXT NOT NULL, consents TEXT NOT NULL,
            updated_at INTEGER NOT NULL
        ) WITHOUT ROWID
        """,
    ]
}
