package welkin.identity.federation.saml;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.Text;
import org.xml.sax.ErrorHandler;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;
import welkin.core.Fault;

/**
 * XML from strangers: no document types (so no entities), no includes, nothing fetched, bounded in
 * bytes and depth; and a text is what stands between the tags or it is refused, never a part of it.
 */
final class Xml {
  static final String SAML = "urn:oasis:names:tc:SAML:2.0:assertion";
  static final String PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol";
  static final String METADATA = "urn:oasis:names:tc:SAML:2.0:metadata";
  static final String DSIG = "http://www.w3.org/2000/09/xmldsig#";
  static final String SOAP = "http://schemas.xmlsoap.org/soap/envelope/";
  static final String ECP = "urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp";
  static final String PAOS = "urn:liberty:paos:2003-08";

  /** A message's size in bytes; an assertion has a few thousand. */
  static final int MESSAGE = 256 * 1024;

  private static final String DEPTH = "64";
  private static final String ATTRIBUTES = "64";

  private Xml() {}

  /**
   * Parses a message.
   *
   * @throws Fault 400 when it is not well-formed XML, or of a kind that no SAML message needs
   */
  static Document parse(byte[] bytes) {
    return parse(bytes, MESSAGE);
  }

  static Document parse(byte[] bytes, int limit) {
    if (bytes.length > limit) {
      throw Fault.of(413, "RequestTooLarge", "The XML is larger than " + limit + " bytes.");
    }
    try {
      var factory = DocumentBuilderFactory.newDefaultNSInstance();
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      factory.setFeature("http://apache.org/xml/features/dom/defer-node-expansion", false);
      factory.setAttribute(XMLConstants.ACCESS_EXTERNAL_DTD, "");
      factory.setAttribute(XMLConstants.ACCESS_EXTERNAL_SCHEMA, "");
      factory.setAttribute("jdk.xml.maxElementDepth", DEPTH);
      factory.setAttribute("jdk.xml.elementAttributeLimit", ATTRIBUTES);
      factory.setXIncludeAware(false);
      factory.setExpandEntityReferences(false);
      factory.setCoalescing(true);
      var builder = factory.newDocumentBuilder();
      builder.setErrorHandler(STRICT);
      var document = builder.parse(new ByteArrayInputStream(bytes));
      if (!"1.0".equals(document.getXmlVersion())) {
        throw Fault.badRequest("The XML must be of version 1.0.");
      }
      return document;
    } catch (SAXException | IOException e) {
      throw Fault.badRequest("The XML is not accepted: " + firstLine(e));
    } catch (ParserConfigurationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("it is not well-formed");
  }

  private static final ErrorHandler STRICT =
      new ErrorHandler() {
        @Override
        public void warning(SAXParseException e) {
          // of no meaning without a schema
        }

        @Override
        public void error(SAXParseException e) throws SAXException {
          throw e;
        }

        @Override
        public void fatalError(SAXParseException e) throws SAXException {
          throw e;
        }
      };

  static Document empty() {
    try {
      return DocumentBuilderFactory.newDefaultNSInstance().newDocumentBuilder().newDocument();
    } catch (ParserConfigurationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The document without a declaration, byte for byte what it says: nothing is indented. */
  static String text(Document document) {
    try {
      var out = new StringWriter();
      var writer = TransformerFactory.newDefaultInstance().newTransformer();
      writer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
      writer.transform(new DOMSource(document), new StreamResult(out));
      return out.toString();
    } catch (TransformerException e) {
      throw new IllegalStateException(e);
    }
  }

  static boolean is(Node node, String namespace, String name) {
    return node instanceof Element
        && name.equals(node.getLocalName())
        && namespace.equals(node.getNamespaceURI());
  }

  static List<Element> children(Element parent) {
    var out = new ArrayList<Element>();
    for (var n = parent.getFirstChild(); n != null; n = n.getNextSibling()) {
      if (n instanceof Element e) {
        out.add(e);
      }
    }
    return out;
  }

  static List<Element> children(Element parent, String namespace, String name) {
    return children(parent).stream().filter(e -> is(e, namespace, name)).toList();
  }

  /** The one child of that name, if there is one; two are refused. */
  static Optional<Element> child(Element parent, String namespace, String name) {
    var all = children(parent, namespace, name);
    if (all.size() > 1) {
      throw Fault.badRequest(
          parent.getLocalName() + " has more than one " + name + " where one is allowed.");
    }
    return all.stream().findFirst();
  }

  /** The one child of that name. */
  static Element need(Element parent, String namespace, String name) {
    return child(parent, namespace, name)
        .orElseThrow(() -> Fault.badRequest(parent.getLocalName() + " has no " + name + "."));
  }

  /**
   * The whole text of an element that has nothing but text. A comment inside would split it, and
   * readers that take the first part only can be told another name than was signed.
   */
  static String text(Element element) {
    var out = new StringBuilder();
    for (var n = element.getFirstChild(); n != null; n = n.getNextSibling()) {
      if (!(n instanceof Text t)) {
        throw Fault.badRequest(element.getLocalName() + " has something else than text in it.");
      }
      out.append(t.getData());
    }
    return out.toString().strip();
  }

  /** An attribute without namespace, or null. */
  static String attribute(Element element, String name) {
    return element.hasAttributeNS(null, name) ? element.getAttributeNS(null, name) : null;
  }

  /** Refuses a document in which two elements have the same id, however the attribute is spelt. */
  static void refuseTwins(Document document) {
    var seen = new HashSet<String>();
    for (var e : all(document)) {
      var attributes = e.getAttributes();
      for (int i = 0; i < attributes.getLength(); i++) {
        var a = attributes.item(i);
        var name = a.getLocalName() == null ? a.getNodeName() : a.getLocalName();
        if (name.toLowerCase(Locale.ROOT).equals("id") && !seen.add(a.getNodeValue())) {
          throw Fault.badRequest("Two elements have the same ID.");
        }
      }
    }
  }

  /** Every element, in document order. */
  static List<Element> all(Document document) {
    var out = new ArrayList<Element>();
    var open = new ArrayDeque<Node>();
    open.push(document);
    while (!open.isEmpty()) {
      var node = open.pop();
      if (node instanceof Element e) {
        out.add(e);
      }
      for (var n = node.getLastChild(); n != null; n = n.getPreviousSibling()) {
        open.push(n);
      }
    }
    return out;
  }

  /** Adds an element. Its prefix is declared as an attribute, or it would not be signed. */
  static Element add(Node parent, String namespace, String name) {
    var document = parent instanceof Document d ? d : parent.getOwnerDocument();
    var prefix = prefix(namespace);
    var element = document.createElementNS(namespace, prefix + ":" + name);
    if (parent instanceof Document || parent.lookupNamespaceURI(prefix) == null) {
      element.setAttributeNS(XMLConstants.XMLNS_ATTRIBUTE_NS_URI, "xmlns:" + prefix, namespace);
    }
    parent.appendChild(element);
    return element;
  }

  static Element add(Node parent, String namespace, String name, String text) {
    var element = add(parent, namespace, name);
    if (!text.codePoints().allMatch(Xml::isCharacter)) {
      throw Fault.badRequest("A name has a control character, which XML cannot say.");
    }
    element.setTextContent(text);
    return element;
  }

  private static boolean isCharacter(int c) {
    return c >= 0x20 && !(c >= 0xD800 && c <= 0xDFFF) && c != 0xFFFE && c != 0xFFFF
        || c == '\t'
        || c == '\n'
        || c == '\r';
  }

  /** Sets {@code name, value, ...} attributes. */
  static Element with(Element element, String... pairs) {
    for (int i = 0; i < pairs.length; i += 2) {
      element.setAttribute(pairs[i], pairs[i + 1]);
    }
    return element;
  }

  private static String prefix(String namespace) {
    return switch (namespace) {
      case SAML -> "saml";
      case PROTOCOL -> "samlp";
      case METADATA -> "md";
      case DSIG -> "ds";
      case SOAP -> "S";
      case ECP -> "ecp";
      case PAOS -> "paos";
      default -> throw new IllegalArgumentException(namespace);
    };
  }
}
