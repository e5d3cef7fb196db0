package welkin.core;

import java.util.regex.Pattern;

/**
 * A call that a token of an application credential may make.
 *
 * @param service the service type, e.g. {@code compute}
 * @param method the HTTP method
 * @param path the path, as clients send it or below the service's mount; {@code *} and {@code
 *     {name}} stand for one segment, {@code **} for any number. Source: keystonemiddleware, "Access
 *     rules".
 */
public record AccessRule(String service, String method, String path) {
  private static final Pattern PART = Pattern.compile("\\*\\*|\\*|\\{[^}/]*}|[^*{]+|.");

  /** Whether a request is such a call. */
  public boolean allows(String askedService, String askedMethod, String askedPath) {
    return service.equals(askedService)
        && method.equals(askedMethod)
        && askedPath.matches(regex(path));
  }

  private static String regex(String path) {
    var out = new StringBuilder();
    var parts = PART.matcher(path);
    while (parts.find()) {
      var part = parts.group();
      out.append(
          part.equals("**")
              ? ".*"
              : part.equals("*") || part.startsWith("{") && part.length() > 1
                  ? "[^/]+"
                  : Pattern.quote(part));
    }
    return out.toString();
  }
}
