(comment) @comment
(string) @string
(escape_sequence) @escape
[(int_lit) (float_lit) (field_number) (true) (false)] @constant
[(message_name) (enum_name) (service_name) (message_or_enum_type)] @type
(rpc_name) @function
(field (identifier) @property)
(enum_field . (identifier) @constant)
[
  "bool" "bytes" "double" "fixed32" "fixed64" "float" "int32" "int64" "sfixed32" "sfixed64"
  "sint32" "sint64" "string" "uint32" "uint64"
] @type
[
  "edition" "enum" "extend" "extensions" "group" "import" "map" "max" "message" "oneof" "option"
  "optional" "package" "public" "repeated" "required" "reserved" "returns" "rpc" "service" "stream"
  "syntax" "to" "weak"
] @keyword
