package welkin.compute.metadata;

/** Short ids in EC2's form, made from UUIDs. */
final class Ec2Ids {
  private Ec2Ids() {}

  static String of(String kind, String uuid) {
    return kind + "-" + String.format("%08x", uuid.hashCode());
  }
}
