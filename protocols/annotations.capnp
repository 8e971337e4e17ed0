@0xd3b1a6f0c9e24157;
# What a schema can say beyond its types. The generator in protocols/generator reads these; the bytes
# on the wire do not depend on them.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tenon::protocols::wire");

annotation reply @0xb5e0cf3a0cd91a27 (field, group) :Text;
# On a member of a ...Command union: the struct it is answered with, without the conversation's
# prefix and in the schema's spelling, e.g. $reply("Granted"). A command without it is not answered.

annotation outcome @0xa9c4b1f7d2e85c63 (struct) :Text;
# On a struct that describes a call to the outside: the member of the ...Command union with which its
# outcome comes back, e.g. $outcome("transferred").

annotation required @0xe87a19d4b3f60c25 (field) :Void;
# In something a person writes: leaving it out is an error.

annotation optional @0xf1d82b6c47a9035e (field) :Void;
# May be absent: the value type is std::optional. On the wire a null pointer, or 0 for a number.

annotation secret @0x9b37e5d1c8f4a260 (field) :Void;
# Never shown: not in states an operator reads, nor in logs, history or errors.

annotation json @0xc6a0f39b85d7e142 (field) :Void;
# A Text that holds a JSON document: people write and read the document, not the text.
