import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.sql.SQLException;
import java.util.Objects;

/** What the program says to main.ts, and hears from it. */
final class Dialogue {
  interface Body {
    void run() throws Exception;
  }

  private static final BufferedReader ANSWERS = new BufferedReader(new InputStreamReader(System.in));

  private Dialogue() {}

  static synchronized String ask(String question) {
    System.out.println("ask " + question);
    try {
      return ANSWERS.readLine();
    } catch (java.io.IOException error) {
      throw new IllegalStateException(error);
    }
  }

  static void check(String title, Body body) {
    try {
      body.run();
      System.out.println("ok " + title);
    } catch (Throwable error) {
      String place = "";
      for (StackTraceElement frame : error.getStackTrace()) {
        if (frame.getClassName().startsWith("PgJdbc")) {
          place = " (" + frame.getFileName() + ":" + frame.getLineNumber() + ")";
          break;
        }
      }
      System.out.println("not ok " + title + " # " + error.toString().replaceAll("\\s+", " ") + place);
    }
    ask("clock 0");
  }

  static void equal(Object actual, Object expected) {
    if (!Objects.equals(actual, expected)) {
      throw new AssertionError(actual + " is not " + expected);
    }
  }

  static SQLException fails(String state, Body body) throws Exception {
    try {
      body.run();
    } catch (SQLException error) {
      equal(error.getSQLState(), state);
      return error;
    }
    throw new AssertionError("no error with SQLSTATE " + state);
  }

  static void denied(String reason, Body body) throws Exception {
    String text = fails("42501", body).getMessage();
    for (String part : new String[] {"POLICY_DENIED [dec_", "Do not retry this statement", reason}) {
      if (!text.contains(part)) {
        throw new AssertionError("'" + part + "' is not in '" + text + "'");
      }
    }
  }
}
