-- Where the channel stands.  ->  {epoch, offset}
local epoch, offset = standing()
return {epoch, integer(offset)}
