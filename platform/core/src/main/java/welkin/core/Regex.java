package welkin.core;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Regular expressions that somebody from outside wrote, or that are looked for in what somebody
 * from outside said. The engine of the JDK goes back and tries again: an expression like {@code
 * (a+)+$} takes for ever on a text of forty letters, and one of many groups ends the stack. Here
 * both end in a 400 {@link Fault} after a bounded number of steps (some milliseconds).
 */
public final class Regex {
  private static final int STEPS = 2_000_000;
  private static final int LENGTH_MAX = 4096;

  private Regex() {}

  /**
   * @throws PatternSyntaxException when it is none, or longer or deeper than anyone needs
   */
  public static Pattern compile(String text, int flags) {
    if (text.length() > LENGTH_MAX) {
      throw new PatternSyntaxException("longer than " + LENGTH_MAX + " characters", text, -1);
    }
    try {
      return Pattern.compile(text, flags);
    } catch (StackOverflowError e) {
      throw new PatternSyntaxException("too deeply nested", text, -1);
    }
  }

  /**
   * Whether an expression is found in a text.
   *
   * @throws Fault 400 when to find out takes too long
   */
  public static boolean find(Pattern pattern, String text) {
    try {
      return pattern.matcher(new Counted(text, 0, text.length(), new int[] {STEPS})).find();
    } catch (StackOverflowError e) {
      throw tooLong();
    }
  }

  private static Fault tooLong() {
    return Fault.badRequest("A regular expression takes too long to be looked for in this value.");
  }

  /** A text that may be looked at so many times. */
  private record Counted(String text, int from, int to, int[] left) implements CharSequence {
    @Override
    public int length() {
      return to - from;
    }

    @Override
    public char charAt(int index) {
      if (--left[0] < 0) {
        throw tooLong();
      }
      return text.charAt(from + index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return new Counted(text, from + start, from + end, left);
    }

    @Override
    public String toString() {
      return text.substring(from, to);
    }
  }
}
