package welkin.http;

public class Shape {
  public void check(tools.jackson.databind.JsonNode n, Version v) {}

  public tools.jackson.databind.JsonNode toJsonSchema(Version v) {
    return null;
  }
}
