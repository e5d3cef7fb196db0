package welkin.http.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Reads check strings: {@code or} binds loosest, then {@code and}, then {@code not}; words are
 * separated by blanks, parentheses stand at the ends of words.
 */
final class CheckParser {
  private final String text;
  private final List<String> words = new ArrayList<>();
  private final Function<String, Check> refs;
  private final Check isAdmin;
  private int at;

  private CheckParser(String text, Function<String, Check> refs, Check isAdmin) {
    this.text = text;
    this.refs = refs;
    this.isAdmin = isAdmin;
    split();
  }

  /**
   * @param refs the node for {@code rule:name}
   * @param isAdmin the node that {@code is_admin:True} means
   */
  static Check parse(String text, Function<String, Check> refs, Check isAdmin) {
    if (text.isBlank()) {
      return Check.authenticated();
    }
    var p = new CheckParser(text, refs, isAdmin);
    var check = p.or();
    if (p.at < p.words.size()) {
      throw p.wrong("unexpected '" + p.words.get(p.at) + "'");
    }
    return check;
  }

  private void split() {
    for (var word : text.strip().split("\\s+")) {
      int from = 0;
      int to = word.length();
      while (from < to && word.charAt(from) == '(') {
        words.add("(");
        from++;
      }
      int closing = 0;
      while (to > from && word.charAt(to - 1) == ')') {
        closing++;
        to--;
      }
      if (to > from) {
        words.add(word.substring(from, to));
      }
      for (int i = 0; i < closing; i++) {
        words.add(")");
      }
    }
  }

  private Check or() {
    var parts = new ArrayList<Check>();
    do {
      parts.add(and());
    } while (word("or"));
    return parts.size() == 1 ? parts.getFirst() : new Check.Or(parts.toArray(Check[]::new));
  }

  private Check and() {
    var parts = new ArrayList<Check>();
    do {
      parts.add(not());
    } while (word("and"));
    return parts.size() == 1 ? parts.getFirst() : new Check.And(parts.toArray(Check[]::new));
  }

  private Check not() {
    return word("not") ? new Check.Not(not()) : one();
  }

  private Check one() {
    if (at == words.size()) {
      throw wrong("it ends where a check should stand");
    }
    if (word("(")) {
      var inner = or();
      if (!word(")")) {
        throw wrong("a '(' is not closed");
      }
      return inner;
    }
    var w = words.get(at++);
    switch (w.toLowerCase(java.util.Locale.ROOT)) {
      case ")", "and", "or" -> throw wrong("'" + w + "' where a check should stand");
      case "@" -> {
        return Check.always();
      }
      case "!" -> {
        return Check.never();
      }
      default -> {
        // a leaf
      }
    }
    int colon = w.startsWith("'") || w.startsWith("\"") ? closing(w) + 1 : w.indexOf(':');
    if (colon <= 0 || colon >= w.length() || w.charAt(colon) != ':') {
      throw wrong("'" + w + "' is not kind:match");
    }
    var kind = w.substring(0, colon);
    var match = w.substring(colon + 1);
    try {
      return switch (kind) {
        case "rule" -> refs.apply(match);
        case "role" -> Check.role(w, match);
        case "field" -> Check.field(w, match);
        case "is_admin" -> admin(match);
        default -> Check.generic(w, kind, match);
      };
    } catch (IllegalArgumentException e) {
      throw wrong(e.getMessage());
    }
  }

  /** {@code is_admin} is a boolean of the caller; Python writes it True or False, never 1. */
  private Check admin(String match) {
    return switch (match) {
      case "True", "1" -> isAdmin;
      case "False", "0" -> new Check.Not(isAdmin);
      default -> throw new IllegalArgumentException("is_admin is True or False");
    };
  }

  private int closing(String w) {
    int end = w.indexOf(w.charAt(0), 1);
    if (end < 0) {
      throw wrong("unclosed quote in '" + w + "'");
    }
    return end;
  }

  private boolean word(String w) {
    if (at < words.size() && words.get(at).equalsIgnoreCase(w)) {
      at++;
      return true;
    }
    return false;
  }

  private IllegalArgumentException wrong(String why) {
    return new IllegalArgumentException("policy check \"" + text + "\": " + why);
  }
}
