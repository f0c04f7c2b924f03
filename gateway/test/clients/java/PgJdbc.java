import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.ByteArrayOutputStream;
import java.io.StringReader;
import java.net.URI;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;
import org.postgresql.PGConnection;
import org.postgresql.core.BaseConnection;
import org.postgresql.ds.PGSimpleDataSource;

/** pgjdbc, unchanged but for the URL, and HikariCP over it. */
public final class PgJdbc {
  private static final String ENDLESS = "SELECT count(*) FROM readings a, readings b, readings c";
  private static final URI PLACE = URI.create(System.getenv("SALLYPORT_URL"));
  private static final String BASE =
      "jdbc:postgresql://" + PLACE.getHost() + ":" + PLACE.getPort() + "/shop?sslmode=verify-full&sslrootcert=";

  public static void main(String[] arguments) throws Exception {
    System.out.println("version " + org.postgresql.Driver.getVersion().replace("PostgreSQL JDBC Driver ", "") + " (Java " + Runtime.version().feature() + ")");
    Dialogue.check("connects with verify-full and direct TLS, and refuses another CA", PgJdbc::connects);
    Dialogue.check("logs in by a session credential, bound to the TLS channel or not", PgJdbc::credential);
    Dialogue.check("DatabaseMetaData", PgJdbc::metaData);
    Dialogue.check("prepared statements, in text and in binary, simple mode, arrays and enums", PgJdbc::statements);
    Dialogue.check("batches, rewritten ones too, and generated keys", PgJdbc::batches);
    Dialogue.check("100,000 rows by a fetch size, and a parameter of 8 MB", PgJdbc::large);
    Dialogue.check("transactions: savepoints, isolation, read-only", PgJdbc::transactions);
    Dialogue.check("COPY in and out", PgJdbc::copies);
    Dialogue.check("errors and refusals; the connection goes on", PgJdbc::errors);
    Dialogue.check("notifications, cancel and query timeout", PgJdbc::asynchronous);
    Dialogue.check("HikariCP: a refusal costs no connection; an expired token is replaced", PgJdbc::pools);
  }

  private static Connection connect(String... options) throws SQLException {
    return connectWith(PLACE.getUserInfo().split(":")[1], System.getenv("SALLYPORT_CA"), options);
  }

  private static Connection connectWith(String token, String ca, String... options) throws SQLException {
    Properties login = new Properties();
    login.setProperty("user", "app");
    login.setProperty("password", token);
    for (String option : options) {
      String[] parts = option.split("=");
      login.setProperty(parts[0], parts[1]);
    }
    return DriverManager.getConnection(BASE + ca, login);
  }

  private static Object one(Connection connection, String text) throws SQLException {
    try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(text)) {
      rows.next();
      return rows.getObject(1);
    }
  }

  private static void connects() throws Exception {
    for (String negotiation : new String[] {"postgres", "direct"}) {
      try (Connection connection = connect("sslNegotiation=" + negotiation)) {
        Dialogue.equal(one(connection, "SELECT current_user"), "app");
        Dialogue.equal(connection.isValid(5), true);
      }
    }
    String token = PLACE.getUserInfo().split(":")[1];
    Dialogue.fails("08006", () -> connectWith(token, System.getenv("OTHER_CA")));
  }

  private static void credential() throws Exception {
    String[] holder = URI.create(Dialogue.ask("credential")).getUserInfo().split(":");
    for (String binding : new String[] {"require", "disable"}) {
      Properties login = new Properties();
      login.setProperty("user", holder[0]);
      login.setProperty("password", holder[1]);
      login.setProperty("channelBinding", binding);
      try (Connection connection = DriverManager.getConnection(BASE + System.getenv("SALLYPORT_CA"), login)) {
        Dialogue.equal(one(connection, "SELECT current_user"), "app");
      }
    }
  }

  private static void metaData() throws Exception {
    try (Connection connection = connect()) {
      DatabaseMetaData data = connection.getMetaData();
      Dialogue.equal(data.getDatabaseProductName(), "PostgreSQL");
      Dialogue.equal(values(data.getTables(null, "public", "%", new String[] {"TABLE", "VIEW"}), "TABLE_NAME").containsAll(List.of("orders", "open_orders")), true);
      Dialogue.equal(values(data.getColumns(null, "public", "orders", "%"), "COLUMN_NAME").contains("details"), true);
      Dialogue.equal(values(data.getPrimaryKeys(null, "public", "orders"), "COLUMN_NAME").toString(), "[id]");
      Dialogue.equal(values(data.getImportedKeys(null, "public", "orders"), "PKTABLE_NAME").toString(), "[customers]");
      Dialogue.equal(values(data.getExportedKeys(null, "public", "customers"), "FKTABLE_NAME").toString(), "[orders]");
      values(data.getCrossReference(null, "public", "customers", null, "public", "orders"), "FK_NAME");
      Dialogue.equal(values(data.getIndexInfo(null, "public", "orders", false, true), "INDEX_NAME").contains("orders_by_customer"), true);
      Dialogue.equal(values(data.getFunctions(null, "public", "%"), "FUNCTION_NAME").toString(), "[order_total]");
      values(data.getFunctionColumns(null, "public", "%", "%"), "COLUMN_NAME");
      values(data.getProcedures(null, null, "%"), "PROCEDURE_NAME");
      values(data.getProcedureColumns(null, "public", "%", "%"), "COLUMN_NAME");
      Dialogue.equal(values(data.getSchemas(), "TABLE_SCHEM").contains("public"), true);
      values(data.getCatalogs(), "TABLE_CAT");
      values(data.getTableTypes(), "TABLE_TYPE");
      Dialogue.equal(values(data.getTypeInfo(), "TYPE_NAME").contains("order_status"), true);
      values(data.getUDTs(null, "public", "%", null), "TYPE_NAME");
      values(data.getTablePrivileges(null, "public", "orders"), "PRIVILEGE");
      values(data.getColumnPrivileges(null, "public", "orders", "%"), "PRIVILEGE");
      values(data.getBestRowIdentifier(null, "public", "orders", DatabaseMetaData.bestRowSession, true), "COLUMN_NAME");
      values(data.getVersionColumns(null, "public", "orders"), "COLUMN_NAME");
      values(data.getClientInfoProperties(), "NAME");
      Dialogue.equal(data.getMaxColumnNameLength() > 0 && data.getMaxIndexLength() >= 0 && data.getSQLKeywords().length() > 0, true);
      try (PreparedStatement statement = connection.prepareStatement("SELECT o.*, c.email FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id = ?")) {
        Dialogue.equal(statement.getParameterMetaData().getParameterTypeName(1), "int8");
        Dialogue.equal(statement.getMetaData().getTableName(1), "orders");
        Dialogue.equal(statement.getMetaData().isAutoIncrement(1), true);
      }
    }
  }

  private static TreeSet<String> values(ResultSet rows, String column) throws SQLException {
    TreeSet<String> values = new TreeSet<>();
    try (rows) {
      while (rows.next()) {
        values.add(String.valueOf(rows.getString(column)));
      }
    }
    return values;
  }

  private static void statements() throws Exception {
    for (String option : new String[] {"prepareThreshold=1", "preferQueryMode=simple", "preferQueryMode=extendedForPrepared", "binaryTransfer=false"}) {
      try (Connection connection = connect(option); PreparedStatement statement = connection.prepareStatement(
              "SELECT c.email, c.tags, o.amount, o.status, o.id::float8, c.created_at FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id = ? AND c.email LIKE ?")) {
        for (int id = 1; id <= 8; id++) {
          statement.setInt(1, id);
          statement.setString(2, "customer%");
          try (ResultSet rows = statement.executeQuery()) {
            Dialogue.equal(rows.next(), true);
            Dialogue.equal(rows.getString(1), "customer" + id + "@example.org");
            Dialogue.equal(Arrays.toString((Object[]) rows.getArray(2).getArray()), "[vip, n" + id + "]");
            Dialogue.equal(rows.getBigDecimal(3).intValue(), id * 10);
            Dialogue.equal(rows.getString(4), "open");
            Dialogue.equal(rows.getDouble(5), (double) id);
            Dialogue.equal(rows.getTimestamp(6) != null, true);
          }
        }
      }
    }
    try (Connection connection = connect(); PreparedStatement statement = connection.prepareStatement("SELECT count(*) FROM orders WHERE id = ANY (?)")) {
      Array ids = connection.createArrayOf("int8", new Object[] {1L, 2L, 3L});
      statement.setArray(1, ids);
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        Dialogue.equal(rows.getInt(1), 3);
      }
    }
  }

  private static void batches() throws Exception {
    for (String option : new String[] {"reWriteBatchedInserts=false", "reWriteBatchedInserts=true"}) {
      try (Connection connection = connect(option)) {
        connection.setAutoCommit(false);
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO customers (email, name) VALUES (?, ?)")) {
          for (int number = 0; number < 300; number++) {
            statement.setString(1, option + number + "@jdbc");
            statement.setString(2, "B");
            statement.addBatch();
          }
          Dialogue.equal(statement.executeBatch().length, 300);
        }
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO customers (email) VALUES (?)", Statement.RETURN_GENERATED_KEYS)) {
          statement.setString(1, option + "@jdbc");
          statement.executeUpdate();
          try (ResultSet keys = statement.getGeneratedKeys()) {
            Dialogue.equal(keys.next() && keys.getInt("id") > 50, true);
          }
        }
        try (Statement statement = connection.createStatement()) {
          statement.addBatch("UPDATE customers SET name = 'C' WHERE id = 4");
          statement.addBatch("DELETE FROM orders");
          Dialogue.denied("Add a WHERE on a key", statement::executeBatch);
        }
        connection.rollback();
      }
    }
  }

  private static void large() throws Exception {
    try (Connection connection = connect()) {
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        statement.setFetchSize(5000);
        int count = 0;
        try (ResultSet rows = statement.executeQuery("SELECT id FROM readings")) {
          while (rows.next()) {
            count++;
          }
        }
        Dialogue.equal(count, 100_000);
      }
      byte[] body = new byte[8 << 20];
      Arrays.fill(body, (byte) 0xa5);
      try (PreparedStatement statement = connection.prepareStatement("INSERT INTO blobs VALUES (50, ?)")) {
        statement.setBytes(1, body);
        statement.executeUpdate();
      }
      Dialogue.equal(Arrays.equals((byte[]) one(connection, "SELECT body FROM blobs WHERE id = 50"), body), true);
      connection.commit();
    }
  }

  private static void transactions() throws Exception {
    try (Connection connection = connect(); Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.executeUpdate("INSERT INTO customers (email) VALUES ('tx@jdbc')");
      Savepoint before = connection.setSavepoint("before");
      Dialogue.denied("DROP TABLE public.orders", () -> statement.execute("DROP TABLE orders"));
      connection.rollback(before);
      connection.commit();
      Dialogue.equal(one(connection, "SELECT count(*) FROM customers WHERE email = 'tx@jdbc'"), 1L);
      connection.commit();
      for (int level : new int[] {Connection.TRANSACTION_SERIALIZABLE, Connection.TRANSACTION_REPEATABLE_READ, Connection.TRANSACTION_READ_COMMITTED}) {
        connection.setTransactionIsolation(level);
        Dialogue.equal(connection.getTransactionIsolation(), level);
        connection.commit();
      }
      connection.setReadOnly(true);
      Dialogue.fails("25006", () -> statement.executeUpdate("INSERT INTO customers (email) VALUES ('ro@jdbc')"));
      connection.rollback();
      // As a pool does it between two users of a connection.
      connection.setReadOnly(false);
      connection.setAutoCommit(true);
      Dialogue.equal(one(connection, "SELECT 1"), 1);
    }
    try (Connection connection = connect("readOnly=true", "readOnlyMode=always")) {
      Dialogue.equal(one(connection, "SHOW transaction_read_only"), "on");
      Dialogue.denied("default_transaction_read_only", () -> connection.setReadOnly(false));
    }
  }

  private static void copies() throws Exception {
    try (Connection connection = connect()) {
      var copy = connection.unwrap(PGConnection.class).getCopyAPI();
      Dialogue.equal(copy.copyIn("COPY customers (email) FROM STDIN", new StringReader("copy1@jdbc\ncopy2@jdbc\n")), 2L);
      var out = new ByteArrayOutputStream();
      Dialogue.equal(copy.copyOut("COPY (SELECT id FROM readings) TO STDOUT", out), 100_000L);
      Dialogue.denied("not for agents", () -> copy.copyOut("COPY integration_tokens TO STDOUT", out));
      Dialogue.denied("not for agents", () -> copy.copyIn("COPY integration_tokens FROM STDIN", new StringReader("9\tx\n")));
      Dialogue.equal(one(connection, "SELECT 1"), 1);
    }
  }

  private static void errors() throws Exception {
    try (Connection connection = connect(); Statement statement = connection.createStatement()) {
      Dialogue.fails("23505", () -> statement.execute("INSERT INTO customers (email) VALUES ('customer1@example.org')"));
      Dialogue.fails("42601", () -> statement.execute("SELEC 1"));
      Dialogue.denied("TRUNCATE on public.orders", () -> statement.execute("TRUNCATE orders"));
      Dialogue.denied("not for agents", () -> statement.execute("SELECT 1; SELECT secret FROM integration_tokens"));
      Dialogue.equal(one(connection, "SELECT 1"), 1);
      Dialogue.fails("28000", () -> connectWith(Dialogue.ask("token -600"), System.getenv("SALLYPORT_CA")));
    }
  }

  private static void asynchronous() throws Exception {
    try (Connection connection = connect(); Statement statement = connection.createStatement()) {
      statement.execute("LISTEN jobs");
      statement.execute("NOTIFY jobs, 'order 7'");
      Dialogue.equal(connection.unwrap(PGConnection.class).getNotifications(10_000)[0].getParameter(), "order 7");
      Thread canceller = new Thread(() -> {
        Dialogue.ask("running readings c");
        try {
          connection.unwrap(BaseConnection.class).cancelQuery();
        } catch (SQLException error) {
          throw new IllegalStateException(error);
        }
      });
      canceller.start();
      Dialogue.fails("57014", () -> statement.executeQuery(ENDLESS));
      canceller.join();
      statement.setQueryTimeout(1);
      Dialogue.fails("57014", () -> statement.executeQuery(ENDLESS));
      Dialogue.equal(one(connection, "SELECT 1"), 1);
    }
  }

  private static void pools() throws Exception {
    ArrayDeque<String> lives = new ArrayDeque<>(List.of("60", "1200", "7200"));
    PGSimpleDataSource source = new PGSimpleDataSource() {
      @Override
      public Connection getConnection(String user, String password) throws SQLException {
        return super.getConnection("app", Dialogue.ask("token " + lives.removeFirst()));
      }
    };
    source.setURL(BASE + System.getenv("SALLYPORT_CA"));
    HikariConfig config = new HikariConfig();
    config.setDataSource(source);
    config.setUsername("app");
    config.setPassword("by the data source");
    config.setMaximumPoolSize(1);
    config.setConnectionTimeout(20_000);
    try (HikariDataSource pool = new HikariDataSource(config)) {
      try (Connection connection = pool.getConnection(); Statement statement = connection.createStatement()) {
        Dialogue.denied("DROP TABLE public.orders", () -> statement.execute("DROP TABLE orders"));
        connection.setReadOnly(true);
        connection.setAutoCommit(false);
        Dialogue.equal(one(connection, "SHOW transaction_read_only"), "on");
        connection.commit();
      }
      try (Connection connection = pool.getConnection()) {
        Dialogue.equal(one(connection, "SELECT 1"), 1);
      }
      Dialogue.equal(lives.size(), 2);
      Dialogue.ask("clock 600");
      try (Connection connection = pool.getConnection()) {
        Dialogue.fails("28000", () -> one(connection, "SELECT 1"));
      }
      try (Connection connection = pool.getConnection()) {
        Dialogue.equal(one(connection, "SELECT 2"), 2);
      }
      Dialogue.equal(lives.size(), 1);
    }
  }
}
