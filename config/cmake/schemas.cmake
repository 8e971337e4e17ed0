# tenon_schemas(<folder>): every .capnp file of the folder becomes wire code (capnpc-c++) and plain
# value types with codecs (the generator in <folder>/generator), compiled into the folder's library.
function(tenon_schemas folder)
endfunction()
