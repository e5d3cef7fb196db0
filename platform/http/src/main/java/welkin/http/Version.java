package welkin.http;

/** An API (micro)version such as 2.90. */
public record Version(int major, int minor) implements Comparable<Version> {
  /** After every version: for services without microversions. */
  public static final Version HIGHEST = new Version(Integer.MAX_VALUE, Integer.MAX_VALUE);

  public static Version of(int major, int minor) {
    return new Version(major, minor);
  }

  /** {@link #of}, short enough for tables of fields. */
  public static Version v(int major, int minor) {
    return new Version(major, minor);
  }

  /** Reads {@code "2.90"}; null when the text is not a version. */
  public static Version parse(String text) {
    int dot = text.indexOf('.');
    if (dot <= 0 || dot == text.length() - 1 || text.length() > 9) {
      return null;
    }
    for (int i = 0; i < text.length(); i++) {
      if (i != dot && (text.charAt(i) < '0' || text.charAt(i) > '9')) {
        return null;
      }
    }
    return new Version(
        Integer.parseInt(text.substring(0, dot)), Integer.parseInt(text.substring(dot + 1)));
  }

  public boolean atLeast(int otherMajor, int otherMinor) {
    return major > otherMajor || major == otherMajor && minor >= otherMinor;
  }

  public boolean atLeast(Version other) {
    return compareTo(other) >= 0;
  }

  public boolean before(Version other) {
    return compareTo(other) < 0;
  }

  /** Whether this lies within both ends, which belong to the window; null means no end. */
  public boolean within(Version since, Version until) {
    return (since == null || compareTo(since) >= 0) && (until == null || compareTo(until) <= 0);
  }

  @Override
  public int compareTo(Version o) {
    return major != o.major ? Integer.compare(major, o.major) : Integer.compare(minor, o.minor);
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }
}
