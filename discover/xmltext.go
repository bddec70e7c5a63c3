package discover

import (
	"bytes"
	"encoding/xml"
	"io"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	textunicode "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// newDecoder reads any charset that the declaration or a byte order mark
// names. Definitions of a DTD are skipped, and an entity from one is an error.
func newDecoder(body []byte) *xml.Decoder {
	marked := false
	for _, mark := range []string{"\xef\xbb\xbf", "\xfe\xff", "\xff\xfe"} {
		marked = marked || bytes.HasPrefix(body, []byte(mark))
	}
	text := textunicode.BOMOverride(encoding.Nop.NewDecoder())
	decoder := xml.NewDecoder(transform.NewReader(bytes.NewReader(body), text))
	decoder.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		if marked {
			return input, nil // converted already
		}
		return charset.NewReaderLabel(label, input)
	}
	return decoder
}
