import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { modelQuery } from '../../api/queries.ts';
import { Answer } from '../../components/states.tsx';

const route = getRouteApi('/m/$model/');

export function ModelPage() {
  const { model } = route.useParams();
  const query = useQuery(modelQuery(model));
  return (
    <Answer query={query} what="Opening the model">
      {({ name }) => <h1>{name}</h1>}
    </Answer>
  );
}
